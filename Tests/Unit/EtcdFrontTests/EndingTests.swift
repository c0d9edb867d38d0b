import Bytes
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import NIOCore
import NIOEmbedded
import Testing

@testable import EtcdFront

/// How calls and connections end when there is no room, or no time.
@Suite struct EndingTests {
    private static let big = ByteSlice([UInt8](repeating: 1, count: 1_000_000))

    @Test func anAnswerWithoutRoomEndsWithAReasonAndNotWithAHole() throws {
        let node = Node()
        var own = HTTP2Settings()
        own.streamWindowBytes = 65_535
        own.connectionWindowBytes = 65_535
        var servers = EtcdConnection.settings
        servers.queuedBytesMax = 300_000
        let client = try TestClient(node, own: own, servers: servers)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: Self.big))
        let request = RangeRequest(key: "a", serializable: true)
        let streams = [client.open(.range), client.open(.range), client.open(.range)]
        for stream in streams { client.http.finishRequest(stream, request.encoded) }
        // The client asks three times before it reads; the queue has room for one answer.
        try client.exchange()
        let first = client.reply(streams[0])
        #expect(first.status == .ok)
        #expect(first.messages.count == 1)
        for stream in streams.dropFirst() {
            #expect(client.reply(stream).status == .unavailable)
            #expect(client.reply(stream).message.contains("too slow"))
        }
        #expect(try client.call(.range, request).messages.count == 1)
    }

    @Test func aConnectionClosesOnceItsLastAnswerIsOut() throws {
        let node = Node()
        let client = try TestClient(node)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: Self.big))
        let stream = client.open(.range)
        client.http.finishRequest(stream, RangeRequest(key: "a").encoded)
        client.http.beginShutdown()
        client.channel.isWritable = false
        try client.exchange()
        #expect(client.isConnected)
        try client.becomeWritable()
        #expect(client.reply(stream).messages.count == 1)
        #expect(client.reply(stream).status == .ok)
        #expect(!client.isConnected)
        #expect(node.front.connectionCount == 0)
    }

    @Test func whoLeavesAndDoesNotReadIsNotWaitedForWithoutEnd() throws {
        let node = Node()
        let client = try TestClient(node)
        let stream = client.open(.range)
        client.http.finishRequest(stream, RangeRequest(key: "a").encoded)
        client.http.beginShutdown()
        client.channel.isWritable = false
        try client.exchange()
        node.pass(milliseconds: 29_000)
        #expect(client.isConnected)
        node.pass(milliseconds: 2_000)
        #expect(!client.isConnected)
    }

    @Test func whatIsUnderWayAtTheEndOfAStopIsToldOfIt() throws {
        let node = Node()
        node.appendsLeft = 0
        let client = try TestClient(node)
        let stream = client.open(.put)
        client.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try client.exchange()
        node.front.stop()
        try client.exchange()
        #expect(client.reply(stream).status == nil)
        node.front.finishStop()
        try client.exchange()
        #expect(client.reply(stream).status == .unavailable)
        #expect(client.reply(stream).message == "etcdserver: server stopped")
        #expect(!client.isConnected)
    }

    @Test func aDeadlineInTheMiddleOfAnAnswerIsItsEnd() throws {
        let node = Node()
        var own = HTTP2Settings()
        own.streamWindowBytes = 65_535
        let client = try TestClient(node, own: own)
        for number in 0..<9 {
            let put = PutRequest(key: ByteSlice("a\(number)"), value: Self.big)
            let _: PutResponse = try client.call(.put, put)
        }
        let stream = client.open(EtcdMethod.range.path, timeout: 200_000_000)
        client.http.finishRequest(stream, RangeRequest(key: "a", rangeEnd: "b").encoded)
        try client.send(client.http.takeOutput())
        node.turn()
        // Nobody reads until it is too late.
        node.pass(milliseconds: 400)
        try client.exchange()
        #expect(client.reply(stream).messages.isEmpty)
        #expect(client.reply(stream).status == .deadlineExceeded)
    }

    @Test func requestsWithLargeAnswersWaitUntilTheClientReads() throws {
        let node = Node()
        var session = PlainHTTPSession(servesCalls: true)
        let requests = 60
        let text = String(repeating: "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n", count: requests)
        Array(text.utf8).withUnsafeBytes { session.receive($0) }
        var answers = 0
        var rounds = 0
        while answers < requests, rounds < 2 * requests {
            guard case .nothing = session.advance(node.front) else { break }
            rounds += 1
            let output = String(decoding: session.output, as: UTF8.self)
            let given = output.split(separator: "HTTP/1.1 200 OK").count
            try #require(given > 0)
            #expect(session.output.count <= Limits.plainOutputBytesMax + output.utf8.count / given)
            answers += given
            session.output = []
        }
        #expect(answers == requests)
        #expect(rounds > 1)
    }

    @Test func plainAnswersWaitForTheSocket() throws {
        let client = try TestClient(Node())
        client.channel.isWritable = false
        let request = "GET /version HTTP/1.1\r\nHost: h\r\n\r\n"
        try client.send(Array(String(repeating: request, count: 3).utf8))
        #expect(try client.takeText().isEmpty)
        client.channel.isWritable = true
        client.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try client.takeText().split(separator: "HTTP/1.1 200 OK").count == 3)
    }
}
