internal import Bytes
public import KeyspaceModel
internal import Model

/// Reading ranges.
extension Keyspace {
    /// Serves a range with all of etcd's options, at the latest revision or an older one.
    public func range(_ request: RangeRequest) throws(KeyspaceError) -> RangeResponse {
        try Self.check(request)
        return try range(request, seeing: revision)
    }

    /// The same, if it takes no more than so many steps, one for each key that is passed, also of
    /// those that are deleted; else nil.
    public func range(
        _ request: RangeRequest,
        stepsMax: Int
    ) throws(KeyspaceError) -> RangeResponse? {
        try Self.check(request)
        var budget = StepBudget(stepsMax)
        let response = try range(request, seeing: revision, &budget)
        return budget.isExceeded ? nil : response
    }

    /// Serves a range in the middle of a transaction that has written up to `visible`.
    func range(
        _ request: RangeRequest,
        seeing visible: Revision
    ) throws(KeyspaceError) -> RangeResponse {
        var budget = StepBudget.unlimited
        return try range(request, seeing: visible, &budget)
    }

    /// The revision that a request reads at.
    func revisionToRead(
        by request: RangeRequest,
        seeing visible: Revision
    ) throws(KeyspaceError) -> Revision {
        guard request.revision <= visible.number else { throw .futureRevision }
        let revision = request.revision <= 0 ? visible : Revision(request.revision)
        guard revision >= compactRevision else { throw .compacted }
        return revision
    }

    private func range(
        _ request: RangeRequest,
        seeing visible: Revision,
        _ budget: inout StepBudget
    ) throws(KeyspaceError) -> RangeResponse {
        let revision = try revisionToRead(by: request, seeing: visible)
        var response = RangeResponse(header: ResponseHeader(revision: visible.number))
        guard !request.rangeEnd.isEmpty else {
            read(request, at: revision, into: &response)
            return response
        }
        guard !request.countOnly else {
            let range = KeyRange(key: request.key, rangeEnd: request.rangeEnd)
            response.count = count(range, at: revision, seeing: visible, &budget)
            return response
        }
        let selected = select(request, at: revision, seeing: visible, &budget)
        guard !budget.isExceeded else { return response }
        response.count = selected.count
        response.more = selected.more
        response.kvs.reserveCapacity(selected.versions.count)
        for version in selected.versions {
            response.kvs.append(
                request.keysOnly ? version.keyValueWithoutValue : version.keyValue
            )
        }
        return response
    }

    /// What a range has, in the order asked for and up to the limit; of count-only nothing.
    func select(
        _ request: RangeRequest,
        at revision: Revision,
        seeing visible: Revision,
        _ budget: inout StepBudget
    ) -> (versions: [KeyVersion], count: Int64, more: Bool) {
        var versions: [KeyVersion] = []
        guard !request.countOnly else { return (versions, 0, false) }
        let count = collect(
            KeyRange(key: request.key, rangeEnd: request.rangeEnd),
            at: revision,
            seeing: visible,
            limit: fetchLimit(of: request),
            &budget,
            into: &versions
        )
        if request.isFiltered { versions.removeAll { !request.admits($0) } }
        request.sort(&versions)
        guard request.limit > 0, Int64(versions.count) > request.limit else {
            return (versions, count, false)
        }
        versions.removeSubrange(Int(request.limit)...)
        return (versions, count, true)
    }

    /// Reads one key: the most frequent request of all, for which no list is needed.
    private func read(
        _ request: RangeRequest,
        at revision: Revision,
        into response: inout RangeResponse
    ) {
        guard let version = history.version(of: request.key, at: revision), !version.isTombstone
        else { return }
        response.count = 1
        guard !request.countOnly, request.admits(version) else { return }
        response.kvs = [request.keysOnly ? version.keyValueWithoutValue : version.keyValue]
    }

    /// How many keys to fetch: one more than asked for, to know whether there are more.
    ///
    /// As in etcd, a sort target without an order sorts only what the limit lets through.
    private func fetchLimit(of request: RangeRequest) -> Int {
        guard request.limit > 0, request.limit < Int.max, request.sortOrder == .none,
            !request.isFiltered
        else { return .max }
        return Int(request.limit) + 1
    }

    func count(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision,
        _ budget: inout StepBudget
    ) -> Int64 {
        guard revision < visible else { return Int64(history.newest.liveCount(in: range)) }
        var count: Int64 = 0
        visit(range, at: revision, seeing: visible, &budget) { _ in
            count += 1
            return true
        }
        return count
    }

    /// Fetches up to `limit` versions and counts all there are.
    private func collect(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision,
        limit: Int,
        _ budget: inout StepBudget,
        into versions: inout [KeyVersion]
    ) -> Int64 {
        var count: Int64 = 0
        let isLatest = revision >= visible
        if isLatest {
            count = Int64(history.newest.liveCount(in: range))
            versions.reserveCapacity(min(limit, Int(count), Limits.versionsReservedMax))
        }
        visit(range, at: revision, seeing: visible, &budget) { version in
            if versions.count < limit { versions.append(version) }
            if isLatest { return versions.count < limit }
            count += 1
            return true
        }
        return count
    }

    /// Visits what a reader at `revision` sees of the range, in order of the keys, until `body`
    /// returns false or the budget is exceeded.
    func visit(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision,
        _ budget: inout StepBudget,
        _ body: (KeyVersion) -> Bool
    ) {
        guard revision < visible else {
            history.newest.visit(range) { newest in
                guard budget.spend() else { return false }
                return newest.isTombstone || body(newest)
            }
            return
        }
        history.newest.visit(range) { newest in
            guard budget.spend() else { return false }
            guard let version = history.version(newest, at: revision), !version.isTombstone else {
                return true
            }
            return body(version)
        }
    }
}

extension RangeRequest {
    /// Whether keys are left out by revision.
    ///
    /// Zero means no bound; a negative one is a bound.
    public var isFiltered: Bool {
        minModRevision != 0 || maxModRevision != 0 || minCreateRevision != 0
            || maxCreateRevision != 0
    }

    func admits(_ version: KeyVersion) -> Bool {
        let mod = version.position.revision.number
        let create = version.createRevision.number
        return (maxModRevision == 0 || mod <= maxModRevision)
            && (minModRevision == 0 || mod >= minModRevision)
            && (maxCreateRevision == 0 || create <= maxCreateRevision)
            && (minCreateRevision == 0 || create >= minCreateRevision)
    }

    /// Sorts what lies in order of the keys; equals stay in that order.
    ///
    /// A target other than the key is sorted in ascending order if none is given.
    func sort(_ versions: inout [KeyVersion]) {
        let isDescending = sortOrder == .descend
        switch sortTarget {
        case .key:
            if isDescending { versions.reverse() }
        case .version: sort(&versions, isDescending) { $0.version }
        case .create: sort(&versions, isDescending) { $0.createRevision.number }
        case .mod: sort(&versions, isDescending) { $0.position.revision.number }
        case .value:
            versions.sort {
                let order = $0.value.order(against: $1.value)
                if order == 0 { return $0.key < $1.key }
                return isDescending ? order > 0 : order < 0
            }
        case .unrecognized: break
        }
    }

    private func sort(
        _ versions: inout [KeyVersion],
        _ isDescending: Bool,
        by number: (KeyVersion) -> Int64
    ) {
        versions.sort {
            let (left, right) = (number($0), number($1))
            if left == right { return $0.key < $1.key }
            return isDescending ? left > right : left < right
        }
    }
}
