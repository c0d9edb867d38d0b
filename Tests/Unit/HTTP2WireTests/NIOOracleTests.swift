import Bytes
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import HTTP2Wire

/// Conversations with swift-nio-http2, as client and as server.
@Suite struct NIOOracleTests {
    /// swift-nio-http2's connection and what it received.
    final class NIOPeer {
        let channel = EmbeddedChannel()
        var bodies: [Int: [UInt8]] = [:]
        var heads: [Int: [HPACKHeaders]] = [:]
        var ended: Set<Int> = []
        var goAways: [Int] = []
        /// Given back once all frames are seen: NIO refuses it on a stream that has ended.
        var credits: [(stream: Int, count: Int)] = []

        init(_ mode: NIOHTTP2Handler.ParserMode, settings: [HTTP2Setting]) throws {
            try channel.pipeline.syncOperations.addHandler(
                NIOHTTP2Handler(mode: mode, initialSettings: settings)
            )
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/oracle")).wait()
        }

        func write(_ stream: Int, _ payload: HTTP2Frame.FramePayload) throws {
            let frame = HTTP2Frame(streamID: HTTP2StreamID(stream), payload: payload)
            try channel.writeOutbound(frame)
        }

        func takeOutput() throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let data = try channel.readOutbound(as: IOData.self) {
                if case .byteBuffer(let buffer) = data { bytes += buffer.readableBytesView }
            }
            return bytes
        }

        func receive(_ bytes: [UInt8]) throws {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            while let frame = try channel.readInbound(as: HTTP2Frame.self) { try take(frame) }
            for (stream, count) in credits where !ended.contains(stream) {
                try write(stream, .windowUpdate(windowSizeIncrement: count))
            }
            credits = []
        }

        private func take(_ frame: HTTP2Frame) throws {
            let stream = Int(frame.streamID)
            switch frame.payload {
            case .headers(let headers):
                heads[stream, default: []].append(headers.headers)
                if headers.endStream { ended.insert(stream) }
            case .data(let data):
                if case .byteBuffer(let buffer) = data.data {
                    bodies[stream, default: []] += buffer.readableBytesView
                    if buffer.readableBytes > 0 {
                        let count = buffer.readableBytes
                        try write(0, .windowUpdate(windowSizeIncrement: count))
                        credits.append((stream, count))
                    }
                }
                if data.endStream { ended.insert(stream) }
            case .goAway(_, let code, _): goAways.append(Int(http2ErrorCode: code))
            default: break
            }
        }
    }

    /// Through a small window NIO, built for debugging, takes a second for each 100 KB.
    private func sizes(_ seed: UInt64) -> [Int] {
        [0, 1, 100, 16_379, 16_384, 70_000] + (seed == 1 ? [] : [1 << 20])
    }

    private func cut(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...20_000, using: &random))
            parts.append(Array(part))
            rest = rest.dropFirst(part.count)
        }
        return parts
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func aNIOClientIsServed(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let peer = try NIOPeer(
            .client,
            settings: [
                HTTP2Setting(parameter: .initialWindowSize, value: seed == 1 ? 1_000 : 1 << 20)
            ]
        )
        let server = ServerUnderTest(opened: false)
        var readers: [StreamID: GRPCMessageReader] = [:]
        server.recorder.onBody = { stream, bytes, endStream in
            var reader = readers[stream] ?? GRPCMessageReader(limit: 2 << 20)
            try? reader.receive(bytes) {
                server.connection.respondUnary(stream, ByteSlice(copying: $0))
            }
            readers[stream] = reader
        }
        func exchange() throws {
            while true {
                let requests = try peer.takeOutput()
                for part in cut(requests, &random) { server.say(part) }
                let replies = server.connection.takeOutput()
                for part in cut(replies, &random) { try peer.receive(part) }
                if requests.isEmpty, replies.isEmpty { return }
            }
        }
        try exchange()
        for (index, size) in sizes(seed).enumerated() {
            let stream = 2 * index + 1
            let message = [UInt8](repeating: UInt8(index), count: size)
            let headers = HPACKHeaders(RawFrame.unary + [("x-round", "\(seed) \(index)")])
            try peer.write(stream, .headers(.init(headers: headers)))
            let data = IOData.byteBuffer(ByteBuffer(bytes: RawFrame.message(message)))
            try peer.write(stream, .data(.init(data: data, endStream: true)))
            try exchange()
            #expect(peer.ended.contains(stream))
            let isEcho = peer.bodies[stream] == RawFrame.message(message)
            #expect(isEcho, "\(size) bytes")
            #expect(peer.heads[stream]?.first?.first(name: ":status") == "200")
            #expect(peer.heads[stream]?.last?.first(name: "grpc-status") == "0")
        }
        #expect(server.recorder.failure == nil)
        #expect(server.connection.streamCount == 0)
        #expect(peer.goAways == [])
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func aNIOServerServesUs(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let peer = try NIOPeer(
            .server,
            settings: [
                HTTP2Setting(parameter: .initialWindowSize, value: seed == 1 ? 1_000 : 1 << 20)
            ]
        )
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        func exchange() throws {
            while true {
                let requests = client.takeOutput()
                for part in cut(requests, &random) { try peer.receive(part) }
                let replies = try peer.takeOutput()
                for part in cut(replies, &random) { client.receive(part, into: recorder) }
                client.resumeSending(into: recorder)
                if requests.isEmpty, replies.isEmpty { return }
            }
        }
        try exchange()
        for (index, size) in sizes(seed).enumerated() {
            let message = [UInt8](repeating: UInt8(index), count: size)
            var request = OutgoingRequest(path: "/echo", authority: "localhost:2379")
            request.timeoutNanoseconds = 5_000_000_000
            request.fields = [HeaderField("user-agent", "martlet")]
            let opened = client.startRequest(request)
            let stream = try #require(opened)
            client.finishRequest(stream, ByteSlice(message))
            try exchange()
            let number = Int(stream.rawValue)
            #expect(peer.heads[number]?.first?.first(name: "grpc-timeout") == "5000000u")
            let hasArrived = peer.bodies[number] == RawFrame.message(message)
            #expect(hasArrived, "\(size) bytes")
            #expect(peer.ended.contains(number))
            let head = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
            try peer.write(number, .headers(.init(headers: head)))
            let data = IOData.byteBuffer(ByteBuffer(bytes: peer.bodies[number] ?? []))
            try peer.write(number, .data(.init(data: data)))
            let trailers = HPACKHeaders([("grpc-status", "5"), ("grpc-message", "na%20ja")])
            try peer.write(number, .headers(.init(headers: trailers, endStream: true)))
            try exchange()
            let isEcho = recorder.body(of: stream.rawValue) == RawFrame.message(message)
            #expect(isEcho, "\(size) bytes")
            var expected = ResponseTrailers()
            expected.grpcStatus = .notFound
            expected.grpcMessage = "na ja"
            #expect(recorder.events.last == .trailers(stream.rawValue, expected))
        }
        #expect(recorder.failure == nil)
        #expect(client.streamCount == 0)
    }
}
