import Bytes
import EtcdWire
import HTTP2Wire
import NIOCore
import NIOEmbedded
import Testing

@testable import Client

/// What a client holds of a stream that is taken slowly.
@Suite struct PacingTests {
    private static let message = ByteSlice([UInt8](repeating: 1, count: 1 << 20))

    @Test func whatIsNotTakenStopsTheReading() throws {
        let reads = ReadCounter()
        let session = ClientSession(authority: "localhost")
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([reads, session])
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        let server = Server()
        let (answers, continuation) = AsyncStream.makeStream(of: ClientSession.Answer.self)
        session.start(
            .snapshot,
            .empty,
            endsRequest: true,
            timeoutNanoseconds: nil,
            continuation
        )
        try exchange(channel, server)
        let stream = try #require(server.stream)
        server.http.respondHeaders(stream)
        for _ in 0..<3 { server.http.sendMessage(stream, Self.message) }
        try exchange(channel, server)
        reads.count = 0
        channel.read()
        #expect(reads.count == 1)
        for _ in 0..<2 { server.http.sendMessage(stream, Self.message) }
        try exchange(channel, server)
        reads.count = 0
        channel.read()
        #expect(reads.count == 0)
        session.taken(Self.message.count, of: stream)
        #expect(reads.count == 0)
        session.taken(Self.message.count, of: stream)
        #expect(reads.count == 1)
        withExtendedLifetime(answers) {}
    }

    private func exchange(_ channel: EmbeddedChannel, _ server: Server) throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                isQuiet = false
                buffer.withUnsafeReadableBytes {
                    server.http.receive($0, atMilliseconds: 0, into: server)
                }
            }
            guard server.http.hasOutput else { continue }
            isQuiet = false
            try channel.writeInbound(channel.allocator.buffer(bytes: server.http.takeOutput()))
            server.http.resumeSending(into: server)
        }
    }
}

/// How often the pipeline asked the socket for more.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}

private final class Server: HTTP2EventSink {
    let http = HTTP2Connection(role: .server)
    private(set) var stream: StreamID?

    func requestStarted(_ stream: StreamID, _ head: RequestHead) { self.stream = stream }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {}

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) { self.stream = nil }

    func connectionFailed(_ failure: HTTP2Failure) { stream = nil }
}
