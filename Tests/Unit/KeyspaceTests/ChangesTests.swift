import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct ChangesTests {
    private static func filled() -> Keyspace {
        var keyspace = Keyspace()
        keyspace.put("a", "1")
        keyspace.transact(then: [.put("b"), .put("c"), .put("d")])
        keyspace.delete("a", to: "c")
        return keyspace
    }

    @Test func eventsTellAllOfAPutAndLittleOfADeletion() throws {
        let changes = try Self.filled().changes(from: Revision(2), limit: 100)
        #expect(changes.map(\.revision.number) == [2, 3, 4])
        let put = KeyValue(key: "a", createRevision: 2, modRevision: 2, version: 1, value: "1")
        #expect(changes.first?.events == [Event(type: .put, kv: put)])
        #expect(
            changes.last?.events
                == [
                    Event(type: .delete, kv: KeyValue(key: "a", modRevision: 4)),
                    Event(type: .delete, kv: KeyValue(key: "b", modRevision: 4)),
                ]
        )
    }

    @Test func aLimitNeverSplitsARevision() throws {
        let keyspace = Self.filled()
        #expect(try keyspace.changes(from: Revision(1), limit: 1).map(\.events.count) == [1])
        #expect(try keyspace.changes(from: Revision(1), limit: 2).map(\.events.count) == [1, 3])
        #expect(try keyspace.changes(from: Revision(3), limit: 1).map(\.events.count) == [3])
        #expect(try keyspace.changes(from: Revision(3), limit: 4).map(\.events.count) == [3, 2])
    }

    @Test func thereIsNothingFromTheFuture() throws {
        #expect(try Self.filled().changes(from: Revision(5), limit: 10) == [])
        #expect(try Self.filled().changes(from: Revision(.max), limit: 10) == [])
    }
}
