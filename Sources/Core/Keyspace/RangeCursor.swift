internal import Bytes
public import KeyspaceModel
internal import Model

/// A range's answer, read bit by bit from the keyspace as it was when the cursor was made.
///
/// It holds a copy of the keyspace, which costs nothing to take and no writer a wait; so a list of
/// any length needs no memory of that length. In the order of keys the tree itself is walked, from
/// where the last walk ended; any other order needs a list, which holds references. What a cursor
/// gives, and the summary, are together what `Keyspace.range` answers.
public struct RangeCursor: Sendable {
    private enum Source {
        /// Keys of the tree from here on.
        case tree(from: ByteSlice)

        /// Versions of a list in their order.
        case list([KeyVersion], next: Int)
        case end
    }

    private let keyspace: Keyspace
    private let request: RangeRequest
    private let revision: Revision
    private var source: Source

    /// How many keys may still be given.
    private var left: Int64

    /// What an answer says beside its keys.
    public struct Summary: Sendable, Equatable {
        /// All keys of the range, whatever limit and filters.
        public var count: Int64 = 0

        /// Whether the limit left keys out.
        public var more = false

        /// The sum of what was measured of each key given.
        public var measure = 0
    }

    /// Refuses what `Keyspace.range` would refuse.
    public init(_ request: RangeRequest, in keyspace: Keyspace) throws(KeyspaceError) {
        try Keyspace.check(request)
        revision = try keyspace.revisionToRead(by: request, seeing: keyspace.revision)
        self.keyspace = keyspace
        self.request = request
        left = request.limit > 0 && !request.rangeEnd.isEmpty ? request.limit : .max
        guard request.isInOrderOfKeys || request.rangeEnd.isEmpty else {
            var budget = StepBudget.unlimited
            let selected = keyspace.select(
                request,
                at: revision,
                seeing: keyspace.revision,
                &budget
            )
            source = .list(selected.versions, next: 0)
            return
        }
        source = request.countOnly ? .end : .tree(from: request.key)
    }

    /// Gives keys in the answer's order until `body` says that it has enough, or none is left.
    ///
    /// Returns whether some may be left; `body` returns whether it takes another one.
    public mutating func next(_ body: (KeyValue) -> Bool) -> Bool {
        switch source {
        case .tree(let lower): walk(from: lower, body)
        case .list(let versions, let next): give(versions, from: next, body)
        case .end: break
        }
        if case .end = source { return false }
        return true
    }

    /// Looks one key ahead, so that whoever has taken the last one knows it.
    private mutating func walk(from lower: ByteSlice, _ body: (KeyValue) -> Bool) {
        var rest = left
        var isFull = false
        var following: ByteSlice?
        let range = KeyRange(key: lower, rangeEnd: request.rangeEnd)
        var budget = StepBudget.unlimited
        keyspace.visit(range, at: revision, seeing: keyspace.revision, &budget) { version in
            guard request.admits(version) else { return true }
            guard !isFull else {
                following = version.key
                return false
            }
            rest -= 1
            isFull = !body(value(of: version))
            return rest > 0
        }
        left = rest
        source = following.map { .tree(from: $0) } ?? .end
    }

    private mutating func give(
        _ versions: [KeyVersion],
        from first: Int,
        _ body: (KeyValue) -> Bool
    ) {
        var next = first
        while next < versions.count {
            next += 1
            if !body(value(of: versions[next - 1])) { break }
        }
        source = next < versions.count ? .list(versions, next: next) : .end
    }

    private func value(of version: KeyVersion) -> KeyValue {
        request.keysOnly ? version.keyValueWithoutValue : version.keyValue
    }

    /// How many keys the range has in all, whatever limit and filters, and whether the limit left some
    /// out, once `given` were given.
    public func extent(given: Int64) -> (count: Int64, more: Bool) {
        keyspace.extent(of: request, at: revision, given: given)
    }

    /// What the answer says beside its keys; walks over all of them, as a copy of the cursor would.
    public func summary(measuring measure: (KeyValue) -> Int) -> Summary {
        var summary = Summary()
        var cursor = self
        var given: Int64 = 0
        _ = cursor.next { value in
            summary.measure += measure(value)
            given += 1
            return true
        }
        (summary.count, summary.more) = extent(given: given)
        return summary
    }
}

extension RangeRequest {
    /// Whether the answer has its keys as the tree has them.
    var isInOrderOfKeys: Bool { sortTarget == .key && sortOrder != .descend }

    /// Whether etcd streams its order: by keys, as `none` is whatever the target.
    public var isOrderStreamed: Bool {
        sortOrder == .none || (sortOrder == .ascend && sortTarget == .key)
    }
}

extension Keyspace {
    /// How many keys the range has in all, and whether more than `given` of them were asked for.
    fileprivate func extent(
        of request: RangeRequest,
        at revision: Revision,
        given: Int64
    ) -> (count: Int64, more: Bool) {
        var budget = StepBudget.unlimited
        let range = KeyRange(key: request.key, rangeEnd: request.rangeEnd)
        let count = count(range, at: revision, seeing: self.revision, &budget)
        guard request.limit > 0, given == request.limit, !request.countOnly,
            !request.rangeEnd.isEmpty
        else { return (count, false) }
        guard request.isFiltered else { return (count, count > given) }
        var admitted: Int64 = 0
        visit(range, at: revision, seeing: self.revision, &budget) { version in
            if request.admits(version) { admitted += 1 }
            return admitted <= given
        }
        return (count, admitted > given)
    }
}
