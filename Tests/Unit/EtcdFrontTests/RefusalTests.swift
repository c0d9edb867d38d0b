import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@Suite struct RefusalTests {
    @Test(arguments: [
        ("/etcdserverpb.KV/Frobnicate", "unknown method Frobnicate for service etcdserverpb.KV"),
        ("/etcdserverpb.Auth/AuthEnable", "unknown service etcdserverpb.Auth"),
        ("/nonsense", "malformed method name: \"/nonsense\""),
    ])
    func whatIsNotServedIsUnimplemented(_ path: String, _ message: String) throws {
        let client = try TestClient(Node())
        let stream = client.open(path)
        client.http.finishRequest(stream, .empty)
        try client.exchange()
        #expect(client.reply(stream).status == .unimplemented)
        #expect(client.reply(stream).message == message)
    }

    @Test func aRequestOverTheLimitIsTooLarge() throws {
        let client = try TestClient(Node())
        let value = ByteSlice([UInt8](repeating: 1, count: Limits.requestBytesMax))
        let reply = try client.call(.put, PutRequest(key: "a", value: value))
        #expect(reply.status == .invalidArgument)
        #expect(reply.message == "etcdserver: request is too large")
    }

    @Test func aMessageOverTheLimitIsRefusedByItsLength() throws {
        let client = try TestClient(Node())
        let value = ByteSlice([UInt8](repeating: 1, count: 3_000_000))
        let request = PutRequest(key: "a", value: value)
        let reply = try client.call(.put, request)
        #expect(reply.status == .resourceExhausted)
        #expect(
            reply.message == "grpc: received message larger than max "
                + "(\(request.encodedLength) vs. 2097152)"
        )
    }

    @Test func bytesThatAreNoRequestAreRefused() throws {
        let client = try TestClient(Node())
        let stream = client.open(.put)
        client.http.finishRequest(stream, ByteSlice([10, 200]))
        try client.exchange()
        #expect(client.reply(stream).status == .internalError)
    }

    @Test func aUnaryCallWithoutAMessageIsRefused() throws {
        let client = try TestClient(Node())
        let stream = client.open(.put)
        client.http.finishRequest(stream)
        try client.exchange()
        #expect(client.reply(stream).status == .internalError)
    }

    /// The node's clock was last read at some time before the call came.
    ///
    /// Had the call's time run since then, it would end too early, and etcd's Go client would send
    /// it again.
    @Test func aCallNeverEndsBeforeItsDeadline() throws {
        let node = Node()
        let client = try TestClient(node)
        node.appendsLeft = 0
        let stream = client.open(EtcdMethod.put.path, timeout: 200_000_000)
        client.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try client.exchange()
        node.pass(milliseconds: 200)
        try client.exchange()
        #expect(client.reply(stream).status == nil)
        node.pass(milliseconds: 50)
        try client.exchange()
        #expect(client.reply(stream).status == .deadlineExceeded)
    }

    @Test func aCallEndsAtItsDeadline() throws {
        let node = Node()
        let client = try TestClient(node)
        node.appendsLeft = 0
        let stream = client.open(EtcdMethod.put.path, timeout: 200_000_000)
        client.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try client.exchange()
        #expect(client.reply(stream).status == nil)
        node.pass(milliseconds: 300)
        try client.exchange()
        #expect(client.reply(stream).status == .deadlineExceeded)
        #expect(client.reply(stream).message == "context deadline exceeded")
        // The outcome that comes later finds nobody, and hurts nobody.
        node.appendsLeft = .max
        node.finishAppend()
        node.pass(milliseconds: 100)
        let _: PutResponse = try client.call(.put, PutRequest(key: "b"))
    }

    @Test func withoutALeaderAWriteIsRefusedAfterAWhile() throws {
        let node = Node(isAlone: false)
        let client = try TestClient(node)
        let stream = client.open(.put)
        client.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try client.exchange()
        node.pass(milliseconds: 8_000)
        try client.exchange()
        #expect(client.reply(stream).status == .unavailable)
        #expect(client.reply(stream).message == "etcdserver: no leader")
    }

    @Test func whoAsksForALeaderIsToldAtOnceThatThereIsNone() throws {
        let client = try TestClient(Node(isAlone: false))
        let reply = try client.call(
            .range,
            RangeRequest(key: "a", serializable: true),
            fields: [("hasleader", "true")]
        )
        #expect(reply.status == .unavailable)
        #expect(reply.message == "etcdserver: no leader")
        // Others may read what there is.
        let range: RangeResponse = try client.call(
            .range,
            RangeRequest(key: "a", serializable: true)
        )
        #expect(range.count == 0)
    }

    @Test func aStoppedFrontEndsItsStreams() throws {
        let node = Node()
        let client = try TestClient(node)
        let stream = client.open(.watch)
        let create = WatchCreateRequest(key: "a")
        try client.say(WatchRequest(requestUnion: .createRequest(create)), on: stream)
        node.front.stop()
        try client.exchange()
        #expect(client.reply(stream).status == .unavailable)
        #expect(client.reply(stream).message == "etcdserver: server stopped")
        try client.exchange()
        #expect(!client.isConnected)
    }
}
