import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Model
import Testing

/// Keyspaces by gRPC: how they come and go, and how calls name them.
@Suite struct KeyspacesTests {
    private let orders = [("martlet-keyspace", "orders")]

    private func client() throws -> TestClient {
        let node = Node()
        node.found()
        return try TestClient(node)
    }

    @discardableResult
    private func create(_ name: String, by client: TestClient) throws -> CreateKeyspaceResponse {
        let response: CreateKeyspaceResponse = try client.call(
            .createKeyspace,
            CreateKeyspaceRequest(name: name)
        )
        client.node.pass(milliseconds: 500)
        return response
    }

    private func get(
        _ key: ByteSlice,
        _ fields: [(String, String)],
        by client: TestClient
    ) throws -> RangeResponse {
        try client.call(.range, RangeRequest(key: key), fields: fields)
    }

    @Test func aKeyspaceHasKeysAndARevisionOfItsOwn() throws {
        let client = try client()
        #expect(try create("orders", by: client).keyspace?.group == 1024)
        let put: PutResponse = try client.call(
            .put,
            PutRequest(key: "a", value: "1"),
            fields: orders
        )
        #expect(put.header?.revision == 2)
        #expect(try get("a", orders, by: client).kvs.first?.value == "1")
        let elsewhere = try get("a", [], by: client)
        #expect(elsewhere.kvs.isEmpty)
        #expect(elsewhere.header?.revision == 1)
    }

    @Test func aHostMayNameTheKeyspace() throws {
        let client = try client()
        try create("orders", by: client)
        client.authority = "orders.keyspace.localhost:2379"
        _ = try client.call(.put, PutRequest(key: "a", value: "1"), as: PutResponse.self)
        client.authority = "localhost:2379"
        #expect(try get("a", [], by: client).kvs.isEmpty)
        #expect(try get("a", orders, by: client).kvs.count == 1)
    }

    @Test func theHeaderGoesBeforeTheHost() throws {
        let client = try client()
        client.authority = "nobody.keyspace.localhost"
        let put = try client.call(
            .put,
            PutRequest(key: "a"),
            fields: [("martlet-keyspace", "default")]
        )
        #expect(put.status == .ok)
        #expect(client.node.keyspace?.keyCount == 1)
    }

    @Test func anUnknownKeyspaceIsRefusedAndNothingIsWrittenElsewhere() throws {
        let client = try client()
        let put = try client.call(.put, PutRequest(key: "a"), fields: orders)
        #expect(put.status == .notFound)
        #expect(put.message.contains("martlet keyspace create orders"))
        let bad = try client.call(
            .put,
            PutRequest(key: "a"),
            fields: [("martlet-keyspace", "No Name")]
        )
        #expect(bad.status == .invalidArgument)
        #expect(client.node.keyspace?.keyCount == 0)
    }

    @Test func aKeyspaceIsCreatedOnceAndDroppedOnce() throws {
        let client = try client()
        try create("orders", by: client)
        let again = try client.call(.createKeyspace, CreateKeyspaceRequest(name: "orders"))
        #expect(again.status == .alreadyExists)
        let malformed = try client.call(.createKeyspace, CreateKeyspaceRequest(name: "-"))
        #expect(malformed.status == .invalidArgument)
        let dropped = try client.call(.dropKeyspace, DropKeyspaceRequest(name: "orders"))
        #expect(dropped.status == .ok)
        let missing = try client.call(.dropKeyspace, DropKeyspaceRequest(name: "orders"))
        #expect(missing.status == .notFound)
        let kept = try client.call(.dropKeyspace, DropKeyspaceRequest(name: "default"))
        #expect(kept.status == .failedPrecondition)
    }

    @Test func theListIsSortedAndSaysWhatIsThere() throws {
        let client = try client()
        for name in ["orders", "bills"] { try create(name, by: client) }
        _ = try client.call(.put, PutRequest(key: "a", value: "1"), fields: orders)
        let list: ListKeyspacesResponse = try client.call(.listKeyspaces, ListKeyspacesRequest())
        // The node's registration, which would name the default one, is not part of this test.
        #expect(list.keyspaces.map(\.name) == ["bills", "orders"])
        #expect(list.keyspaces.map(\.revision) == [1, 2])
        #expect(list.keyspaces.map(\.leader) == [0x5eed, 0x5eed])
    }

    @Test func aWatchOfADroppedKeyspaceEnds() throws {
        let client = try client()
        try create("orders", by: client)
        let stream = client.open(.watch, fields: orders)
        try client.say(
            WatchRequest(requestUnion: .createRequest(WatchCreateRequest(key: "a"))),
            on: stream
        )
        _ = try client.call(.put, PutRequest(key: "a", value: "1"), fields: orders)
        _ = try client.call(.put, PutRequest(key: "a", value: "2"))
        let events = try client.take(stream, as: WatchResponse.self).flatMap(\.events)
        #expect(events.map { $0.kv?.value } == ["1"])
        _ = try client.call(.dropKeyspace, DropKeyspaceRequest(name: "orders"))
        #expect(client.reply(stream).status == .notFound)
        #expect(client.reply(stream).message.contains("dropped"))
    }

    @Test func aLockIsOfItsKeyspace() throws {
        let client = try client()
        try create("orders", by: client)
        let first: LockResponse = try client.call(.lock, LockRequest(name: "l"), fields: orders)
        #expect(first.header?.revision == 2)
        let other: LockResponse = try client.call(.lock, LockRequest(name: "l"))
        #expect(other.header?.revision == 2)
        #expect(client.node.keyspace?.keyCount == 1)
    }
}
