internal import Bytes
public import KeyspaceModel
internal import Model

/// A range that is read page by page, all of it at one revision, from a copy of the keyspace.
///
/// The writers go on meanwhile. What is fetched at a time is one page, however long the range.
public struct RangePages: Sendable {
    private let keyspace: Keyspace
    private let request: RangeRequest
    private let revision: Revision

    /// Where the next page begins; nil once all was given.
    private var next: ByteSlice?

    /// How many keys were given, and how many more may be.
    private var given: Int64 = 0
    private var allowed: Int

    /// For a range in order of its keys without filters; other orders need all keys at once.
    public init(_ request: RangeRequest, of keyspace: Keyspace) throws(KeyspaceError) {
        try Keyspace.check(request)
        guard request.revision <= keyspace.revision.number else { throw .futureRevision }
        revision = request.revision <= 0 ? keyspace.revision : Revision(request.revision)
        guard revision >= keyspace.compactRevision else { throw .compacted }
        self.keyspace = keyspace
        self.request = request
        allowed = request.limit > 0 ? Int(request.limit) : .max
        next = request.countOnly ? nil : request.key
    }

    public var isAtEnd: Bool { next == nil }

    /// Whether etcd's streams serve its order: by keys, as `none` is whatever the target.
    public static func isInOrder(_ request: RangeRequest) -> Bool {
        request.sortOrder == .none
            || (request.sortOrder == .ascend && request.sortTarget == .key)
    }

    public static func isFiltered(_ request: RangeRequest) -> Bool { request.isFiltered }

    /// The next keys: at most `keys`, and no more once keys and values have `bytes`.
    public mutating func page(keys: Int, bytes: Int) -> [KeyValue] {
        guard let start = next else { return [] }
        var page: [KeyValue] = []
        var byteCount = 0
        next = nil
        var budget = StepBudget.unlimited
        keyspace.visit(range(from: start), at: revision, seeing: keyspace.revision, &budget) {
            version in
            guard page.count < min(keys, allowed), byteCount < bytes else {
                next = allowed > page.count ? version.key : nil
                return false
            }
            page.append(request.keysOnly ? version.keyValueWithoutValue : version.keyValue)
            byteCount += version.key.count + version.value.count
            return true
        }
        given += Int64(page.count)
        allowed -= page.count
        return page
    }

    /// How many keys the range has, whatever the limit; of a revision of the past they are counted
    /// one by one.
    public func count() -> Int64 {
        var counting = request
        counting.countOnly = true
        counting.limit = 0
        return (try? keyspace.range(counting).count) ?? given
    }

    private func range(from start: ByteSlice) -> KeyRange {
        guard !request.rangeEnd.isEmpty else {
            return KeyRange(key: request.key, rangeEnd: .empty)
        }
        return KeyRange(key: start, rangeEnd: request.rangeEnd)
    }
}
