import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct RangeReadTests {
    /// Keys a, b, c; b written twice; d deleted; revisions 2 to 7.
    private static func filled() -> Keyspace {
        var keyspace = Keyspace()
        keyspace.put("b", "3")
        keyspace.put("a", "1")
        keyspace.put("b", "2")
        keyspace.put("c", "0")
        keyspace.put("d")
        keyspace.delete("d")
        return keyspace
    }

    private let keyspace = filled()

    private func keys(_ request: RangeRequest) -> [String]? {
        keyspace.kvs(request)?.map(\.key.text)
    }

    @Test func anEmptyKeyspaceIsAtRevisionOne() throws {
        let response = try Keyspace().range(RangeRequest(key: "a"))
        #expect(response == RangeResponse(header: ResponseHeader(revision: 1)))
    }

    @Test func aRangeEndsBeforeItsEnd() {
        #expect(keys(RangeRequest(key: "a", rangeEnd: "c")) == ["a", "b"])
    }

    @Test func aRangeEndOfZeroReachesToTheLastKey() {
        #expect(keys(RangeRequest(key: "b", rangeEnd: "\0")) == ["b", "c"])
        #expect(keys(RangeRequest(key: "\0", rangeEnd: "\0")) == ["a", "b", "c"])
    }

    @Test func anEmptyRangeEndMeansOneKey() {
        #expect(keys(RangeRequest(key: "b")) == ["b"])
        #expect(keys(RangeRequest(key: "d")) == [])
    }

    @Test func aRangeWhoseEndIsNotAboveItsKeyIsEmpty() throws {
        for request in [
            RangeRequest(key: "b", rangeEnd: "a"), RangeRequest(key: "b", rangeEnd: "b"),
            RangeRequest(key: "b", rangeEnd: "a", limit: 1),
            RangeRequest(key: "b", rangeEnd: "a", revision: 3),
            RangeRequest(key: "b", rangeEnd: "a", countOnly: true),
        ] {
            let response = try keyspace.range(request)
            #expect(response.kvs.isEmpty && response.count == 0 && !response.more)
        }
    }

    @Test func aLimitLeavesTheCountAndSaysThatThereIsMore() throws {
        let some = try keyspace.range(RangeRequest(key: "a", rangeEnd: "\0", limit: 2))
        #expect(some.kvs.count == 2 && some.more && some.count == 3)
        let all = try keyspace.range(RangeRequest(key: "a", rangeEnd: "\0", limit: 3))
        #expect(all.kvs.count == 3 && !all.more && all.count == 3)
        let negative = try keyspace.range(RangeRequest(key: "a", rangeEnd: "\0", limit: -1))
        #expect(negative.kvs.count == 3 && !negative.more)
        let huge = try keyspace.range(RangeRequest(key: "a", rangeEnd: "\0", limit: .max))
        #expect(huge.kvs.count == 3)
    }

    @Test func countOnlyTellsOnlyTheCount() throws {
        let response = try keyspace.range(
            RangeRequest(key: "a", rangeEnd: "\0", limit: 1, countOnly: true)
        )
        #expect(response.kvs.isEmpty && response.count == 3 && !response.more)
        let old = try keyspace.range(
            RangeRequest(key: "a", rangeEnd: "\0", revision: 6, countOnly: true)
        )
        #expect(old.count == 4)
    }

    @Test func keysOnlyClearsValuesAndNothingElse() throws {
        let kv = try #require(keyspace.kvs(RangeRequest(key: "b", keysOnly: true))?.first)
        #expect(kv == KeyValue(key: "b", createRevision: 2, modRevision: 4, version: 2))
    }

    @Test func anOlderRevisionShowsWhatWasThere() throws {
        #expect(keyspace.texts(at: 2) == ["b=3"])
        #expect(keyspace.texts(at: 3) == ["a=1", "b=3"])
        #expect(keyspace.texts(at: 6) == ["a=1", "b=2", "c=0", "d="])
        #expect(keyspace.texts(at: 7) == ["a=1", "b=2", "c=0"])
        #expect(keyspace.texts(at: -5) == keyspace.texts())
        let response = try keyspace.range(RangeRequest(key: "b", revision: 2))
        #expect(response.header?.revision == 7)
        #expect(response.kvs.first?.version == 1)
    }

    @Test func aFutureRevisionIsRefused() {
        #expect(keyspace.error(for: RangeRequest(key: "a", revision: 8)) == .futureRevision)
    }

    @Test(arguments: [
        (RangeRequest.SortTarget.key, ["c", "b", "a"]), (.version, ["b", "a", "c"]),
        (.create, ["c", "a", "b"]), (.mod, ["c", "b", "a"]), (.value, ["b", "a", "c"]),
    ])
    func everyTargetSortsBothWays(target: RangeRequest.SortTarget, descending: [String]) {
        var request = RangeRequest(
            key: "a",
            rangeEnd: "\0",
            sortOrder: .descend,
            sortTarget: target
        )
        #expect(keys(request) == descending)
        request.sortOrder = .ascend
        // Keys that are equal in version stay in the order of the keys.
        let ascending = target == .version ? ["a", "c", "b"] : descending.reversed()
        #expect(keys(request) == ascending)
        request.sortOrder = .none
        #expect(keys(request) == (target == .key ? ["a", "b", "c"] : ascending))
    }

    @Test func aLimitWithAnOrderIsAppliedAfterSorting() throws {
        let response = try keyspace.range(
            RangeRequest(
                key: "a",
                rangeEnd: "\0",
                limit: 1,
                sortOrder: .descend,
                sortTarget: .create
            )
        )
        #expect(response.kvs.map(\.key) == ["c"] && response.more && response.count == 3)
    }

    @Test func filtersLeaveOutKeysButNotFromTheCount() throws {
        let all = RangeRequest(key: "a", rangeEnd: "\0")
        var request = all
        request.minModRevision = 4
        #expect(keys(request) == ["b", "c"])
        request.maxModRevision = 4
        #expect(keys(request) == ["b"])
        #expect(try keyspace.range(request).count == 3)
        request = all
        request.minCreateRevision = 3
        #expect(keys(request) == ["a", "c"])
        request.maxCreateRevision = 3
        #expect(keys(request) == ["a"])
        request = all
        request.maxModRevision = 4
        request.limit = 1
        let response = try keyspace.range(request)
        #expect(response.kvs.map(\.key) == ["a"] && response.more)
    }

    @Test func unknownSortOptionsAreRefused() {
        let byOrder = RangeRequest(key: "a", sortOrder: .unrecognized(7))
        #expect(keyspace.error(for: byOrder) == .invalidSortOption)
        let byTarget = RangeRequest(key: "a", sortTarget: .unrecognized(5))
        #expect(keyspace.error(for: byTarget) == .invalidSortOption)
        #expect(keyspace.error(for: RangeRequest()) == .keyNotProvided)
    }
}
