import Bytes
import Checkers
import KeyspaceModel
import Testing

/// Several workloads on one keyspace, each judged for itself; and keyspaces that are large.
@Suite struct SharedKeyspaceTests {
    private let owned = KeyInterval(prefix: "mine/")

    @Test func whatOthersWroteNeedsNoExplanation() throws {
        let history = History(
            operations: [
                answered(put("mine/a", "1"), .put(PutResponse()), at: 1...2, revision: 3)
            ],
            changes: [change(2, "theirs/a", "1"), change(3, "mine/a", "1")],
            owned: owned
        )
        try KeyspaceChecker.check(history)
    }

    @Test func whatNobodyWroteAmongTheOwnedKeysIsFound() {
        let changes = [change(2, "mine/a", "1"), change(3, "theirs/a", "1")]
        let history = History(changes: changes, owned: owned)
        let found = #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
        #expect(found?.invariant == .strictSerializability)
    }

    @Test func aPrefixEndsWhereTheNextBegins() {
        let prefix = KeyInterval(prefix: ByteSlice([0x61, 0xff]))
        #expect(prefix.contains(ByteSlice([0x61, 0xff])))
        #expect(prefix.contains(ByteSlice([0x61, 0xff, 0xff])))
        #expect(!prefix.contains("a"))
        #expect(!prefix.contains("b"))
        #expect(KeyInterval(prefix: ByteSlice([0xff])).contains(ByteSlice([0xff, 0])))
        #expect(KeyInterval(prefix: .empty).contains("a"))
    }

    /// Against a plain dictionary, whose keys are sorted when they are asked for.
    @Test(arguments: UInt64(0)..<10)
    func manyKeysStayInOrder(seed: UInt64) {
        var random = SeededNumbers(state: seed)
        var keyspace = ReferenceKeyspace()
        var known: [ByteSlice: ByteSlice] = [:]
        for number in 0..<3_000 {
            let key = ByteSlice("k\(random.next() % 1_000)")
            if random.happens(percent: 30) {
                _ = keyspace.apply(.deleteRange(DeleteRangeRequest(key: key)))
                known[key] = nil
            } else {
                let value = ByteSlice("\(number)")
                _ = keyspace.apply(.put(PutRequest(key: key, value: value)))
                known[key] = value
            }
            #expect(keyspace.value(of: key)?.value == known[key])
        }
        #expect(keyspace.keyValues.map(\.key) == known.keys.sorted())
        let part = keyspace.range(RangeRequest(key: "k2", rangeEnd: "k5")).kvs
        #expect(part.map(\.key) == known.keys.filter { "k2" <= $0 && $0 < "k5" }.sorted())
    }

    @Test func aLongHistoryIsJudged() throws {
        var history = AtomicKeyspace.play(seed: 7, operations: 20_000).history
        try KeyspaceChecker.check(history)
        history.changes[9_000].events[0].kv?.value = "another"
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }
}
