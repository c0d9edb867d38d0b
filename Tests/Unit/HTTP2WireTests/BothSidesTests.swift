import Bytes
import Testing

@testable import HTTP2Wire

/// Our client and our server, with what lies between them cut at random.
@Suite struct BothSidesTests {
    /// A server that echoes each message of a request, then ends.
    final class EchoServer: HTTP2EventSink {
        let connection: HTTP2Connection
        var readers: [StreamID: GRPCMessageReader] = [:]
        var failure: HTTP2Failure?

        init(_ settings: HTTP2Settings) {
            connection = HTTP2Connection(
                role: .server,
                settings: settings,
                paths: PathTable(["/echo"])
            )
        }

        func requestStarted(_ stream: StreamID, _ head: RequestHead) {
            guard head.path == 0 else {
                connection.sendTrailers(stream, .unimplemented, "unknown method")
                return
            }
            readers[stream] = GRPCMessageReader(limit: 4 << 20)
            connection.respondHeaders(stream)
        }

        func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
            guard var reader = readers[stream] else { return }
            do throws(GRPCFramingError) {
                try reader.receive(bytes) { connection.sendMessage(stream, ByteSlice(copying: $0)) }
                readers[stream] = reader
                if endStream { connection.sendTrailers(stream, .ok) }
            } catch {
                connection.sendTrailers(stream, error.status, error.message)
            }
        }

        func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) { readers[stream] = nil }

        func connectionFailed(_ failure: HTTP2Failure) { self.failure = failure }
    }

    /// Carries bytes both ways, in portions, until both are silent.
    private func exchange(
        _ client: HTTP2Connection,
        _ recorder: Recorder,
        _ server: EchoServer,
        _ random: inout SeededGenerator,
        portion: Int
    ) {
        func portions(_ bytes: [UInt8]) -> [[UInt8]] {
            var parts: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...portion, using: &random))
                parts.append(Array(part))
                rest = rest.dropFirst(part.count)
            }
            return parts
        }
        while client.hasOutput || server.connection.hasOutput {
            for part in portions(client.takeOutput()) {
                part.withUnsafeBytes {
                    server.connection.receive($0, atMilliseconds: 0, into: server)
                }
            }
            for part in portions(server.connection.takeOutput()) {
                client.receive(part, into: recorder)
            }
            client.resumeSending(into: recorder)
            server.connection.resumeSending(into: server)
        }
    }

    @Test(arguments: [1, 2, 9, 100, 5_000, 1 << 20])
    func requestsAreAnsweredHoweverTheyAreCut(portion: Int) {
        var random = SeededGenerator(seed: UInt64(portion))
        let server = EchoServer(HTTP2Settings())
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        var expected: [UInt32: [UInt8]] = [:]
        for round in 0..<30 {
            for _ in 0..<3 {
                var request = OutgoingRequest(path: "/echo", authority: "localhost:2379")
                request.timeoutNanoseconds = UInt64(round) * 1_000_000
                request.secrets = [HeaderField("token", "secret")]
                guard let stream = client.startRequest(request) else {
                    Issue.record("no stream")
                    return
                }
                let size = Int.random(in: 0...400, using: &random)
                let message = [UInt8](repeating: UInt8(round), count: size)
                client.finishRequest(stream, ByteSlice(message))
                expected[stream.rawValue] = RawFrame.message(message)
            }
            exchange(client, recorder, server, &random, portion: portion)
        }
        for (stream, body) in expected {
            #expect(recorder.body(of: stream) == body)
            var ok = ResponseTrailers()
            ok.grpcStatus = .ok
            #expect(recorder.events.contains(.trailers(stream, ok)))
        }
        #expect(client.streamCount == 0)
        #expect(server.connection.streamCount == 0)
        #expect(server.failure == nil)
        #expect(recorder.failure == nil)
    }

    @Test(arguments: [64, 1_000, 70_000])
    func megabytesPassThroughSmallWindows(window: Int) {
        var random = SeededGenerator(seed: UInt64(window))
        var settings = HTTP2Settings()
        settings.streamWindowBytes = window
        settings.connectionWindowBytes = 65_535
        settings.streamQueuedBytesMax = 16 << 20
        let server = EchoServer(settings)
        let client = HTTP2Connection(role: .client, settings: settings)
        let recorder = Recorder()
        exchange(client, recorder, server, &random, portion: 1_000)
        let size = min(1 << 20, window * 2_000)
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var streams: [StreamID] = []
        for _ in 0..<3 {
            let request = OutgoingRequest(path: "/echo", authority: "localhost")
            guard let stream = client.startRequest(request) else { continue }
            client.finishRequest(stream, ByteSlice(message))
            streams.append(stream)
        }
        exchange(client, recorder, server, &random, portion: 100_000)
        #expect(streams.count == 3)
        for stream in streams {
            let isEcho = recorder.body(of: stream.rawValue) == RawFrame.message(message)
            #expect(isEcho)
        }
        #expect(server.failure == nil)
        #expect(recorder.failure == nil)
        #expect(client.streamCount == 0)
    }

    @Test func trailersOnlyReachTheClientAsItsResponse() {
        var random = SeededGenerator(seed: 1)
        let server = EchoServer(HTTP2Settings())
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        let stream = client.startRequest(OutgoingRequest(path: "/none", authority: "localhost"))
        exchange(client, recorder, server, &random, portion: 50)
        var head = ResponseHead()
        head.status = 200
        head.contentType = .grpc
        head.endStream = true
        head.grpcStatus = .unimplemented
        head.grpcMessage = "unknown method"
        #expect(recorder.events.contains(.response(stream?.rawValue ?? 0, head)))
        #expect(client.streamCount == 0)
    }

    @Test func aClientWhoseCallIsOverSendsNoMoreOfIt() {
        var random = SeededGenerator(seed: 3)
        let server = EchoServer(HTTP2Settings())
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        guard
            let stream = client.startRequest(
                OutgoingRequest(path: "/none", authority: "localhost")
            )
        else {
            Issue.record("no stream")
            return
        }
        exchange(client, recorder, server, &random, portion: 1_000)
        #expect(!client.sendMessage(stream, "late"))
        #expect(client.streamCount == 0)
        #expect(!recorder.events.contains(.reset(stream.rawValue, .noError)))
        #expect(recorder.failure == nil)
        #expect(server.failure == nil)
    }

    @Test func aServerThatShutsDownLetsTheClientFinishButOpenNothing() {
        var random = SeededGenerator(seed: 2)
        let server = EchoServer(HTTP2Settings())
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        let request = OutgoingRequest(path: "/echo", authority: "localhost")
        let stream = client.startRequest(request)
        exchange(client, recorder, server, &random, portion: 50)
        server.connection.beginShutdown()
        exchange(client, recorder, server, &random, portion: 50)
        #expect(client.startRequest(request) == nil)
        #expect(!server.connection.isDrained)
        if let stream { client.finishRequest(stream, "last") }
        exchange(client, recorder, server, &random, portion: 50)
        #expect(recorder.body(of: 1) == RawFrame.message(Array("last".utf8)))
        #expect(server.connection.isDrained)
        #expect(client.isDrained)
    }

    @Test func aClientIsToldWhichStreamsAGoAwayRefuses() {
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        client.receive(RawFrame.settings(), into: recorder)
        for _ in 0..<3 {
            _ = client.startRequest(OutgoingRequest(path: "/echo", authority: "localhost"))
        }
        client.receive(
            RawFrame.frame(7, 0, 0, RawFrame.word(1) + RawFrame.word(0) + Array("bye".utf8)),
            into: recorder
        )
        #expect(
            recorder.events == [
                .goingAway(1, .noError, "bye"), .reset(3, .refusedStream),
                .reset(5, .refusedStream),
            ]
        )
        #expect(client.streamCount == 1)
    }

    @Test func aRepeatedRequestIsTheSameAlsoWhenTheTableChanges() {
        var random = SeededGenerator(seed: 4)
        let server = EchoServer(HTTP2Settings())
        let client = HTTP2Connection(role: .client)
        let recorder = Recorder()
        var repeated = RepeatedRequest(OutgoingRequest(path: "/echo", authority: "localhost"))
        for number in 0..<60 {
            // Every so often the server forbids the table, or other headers move it.
            if number % 20 == 10 {
                client.receive(
                    RawFrame.settings([(1, number % 40 == 10 ? 0 : 4_096)]),
                    into: recorder
                )
            }
            if number % 7 == 3 {
                var other = OutgoingRequest(path: "/echo", authority: "localhost")
                other.fields = [HeaderField("x-number", ByteSlice("\(number)"))]
                if let stream = client.startRequest(other) { client.finishRequest(stream, "o") }
            }
            guard let stream = client.startRequest(&repeated) else {
                Issue.record("no stream")
                return
            }
            client.finishRequest(stream, ByteSlice("\(number)"))
            exchange(client, recorder, server, &random, portion: 500)
            let echo = RawFrame.message(Array("\(number)".utf8))
            #expect(recorder.body(of: stream.rawValue) == echo)
        }
        #expect(server.failure == nil)
        #expect(recorder.failure == nil)
    }

    @Test func aClientKeepsToTheServersNumberOfStreams() {
        let client = HTTP2Connection(role: .client)
        client.receive(RawFrame.settings([(3, 1)]), into: Recorder())
        let request = OutgoingRequest(path: "/echo", authority: "localhost")
        let stream = client.startRequest(request)
        #expect(stream != nil)
        #expect(client.startRequest(request) == nil)
        if let stream { client.reset(stream, .cancel) }
        #expect(client.startRequest(request) != nil)
    }
}
