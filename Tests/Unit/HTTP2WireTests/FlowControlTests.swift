import Bytes
import Testing

@testable import HTTP2Wire

@Suite struct FlowControlTests {
    private func body(_ frames: [WrittenFrame], of stream: UInt32) -> [UInt8] {
        frames.filter { $0.type == 0 && $0.stream == stream }.flatMap(\.payload)
    }

    @Test func aLargeReplyWaitsForWindowsAndArrivesWhole() {
        let server = ServerUnderTest(peer: [(4, 1_000)])
        let message = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(StreamID(1), ByteSlice(message))
        #expect(server.connection.bufferedBytes(StreamID(1)) == 999_005)
        var frames = server.frames()
        #expect(body(frames, of: 1).count == 1_000)
        var rounds = 0
        while server.connection.isOpen(StreamID(1)), rounds < 3_000 {
            rounds += 1
            server.say(RawFrame.windowUpdate(1, 1_000) + RawFrame.windowUpdate(0, 1_000))
            frames += server.frames()
        }
        let isWhole = body(frames, of: 1) == RawFrame.message(message)
        #expect(isWhole)
        #expect(frames.last?.type == 1)
        #expect(frames.last?.flags == 5)
        #expect(server.connection.queuedBytes == 0)
    }

    @Test func noFrameIsLargerThanThePeerAllows() {
        let server = ServerUnderTest(peer: [(4, 1 << 24), (5, 20_000)])
        server.say(RawFrame.windowUpdate(0, 1 << 24))
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(StreamID(1)) { writer in
            for _ in 0..<100_000 { writer.byte(7) }
        }
        let sizes = server.frames().filter { $0.type == 0 }.map(\.payload.count)
        #expect(sizes == [20_000, 20_000, 20_000, 20_000, 20_000, 5])
    }

    @Test func streamsShareTheConnectionsWindowInTurn() {
        let server = ServerUnderTest(peer: [(4, 1 << 20)])
        for stream: UInt32 in [1, 3] {
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: true))
            server.connection.respondUnary(
                StreamID(stream),
                ByteSlice([UInt8](repeating: UInt8(stream), count: 100_000))
            )
        }
        _ = server.frames()
        server.say(RawFrame.windowUpdate(0, 65_536))
        let frames = server.frames().filter { $0.type == 0 }
        #expect(frames.map(\.stream) == [1, 3, 1, 3])
    }

    @Test func aSettingsChangeMovesTheWindowsOfOpenStreams() {
        let server = ServerUnderTest(peer: [(4, 100)])
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(
            StreamID(1),
            ByteSlice([UInt8](repeating: 1, count: 295))
        )
        #expect(body(server.frames(), of: 1).count == 100)
        server.say(RawFrame.settings([(4, 50)]))
        server.say(RawFrame.windowUpdate(1, 50))
        #expect(body(server.frames(), of: 1).count == 0)
        server.say(RawFrame.settings([(4, 250)]))
        #expect(body(server.frames(), of: 1).count == 200)
        #expect(server.connection.streamCount == 0)
    }

    @Test func anEmptyEndFollowsEvenWithoutAWindow() {
        let server = ServerUnderTest(peer: [(4, 5)])
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondHeaders(StreamID(1))
        server.connection.sendBody(StreamID(1), "12345", endStream: false)
        server.say(RawFrame.settings([(4, 0)]))
        #expect(server.connection.sendBody(StreamID(1), .empty, endStream: true))
        #expect(server.frames().last == WrittenFrame(type: 0, flags: 1, stream: 1, payload: []))
        #expect(server.connection.streamCount == 0)
    }

    @Test func aWatchStopsAtItsMarkAndGoesOnWhenTold() {
        var settings = HTTP2Settings()
        settings.streamWritableBytes = 1_000
        let server = ServerUnderTest(settings, peer: [(4, 0)])
        server.say(RawFrame.headers(1, RawFrame.unary))
        let stream = StreamID(1)
        server.connection.respondHeaders(stream)
        var sent = 0
        while server.connection.isWritable(stream) {
            server.connection.sendMessage(stream, ByteSlice([UInt8](repeating: 1, count: 95)))
            sent += 1
        }
        #expect(sent == 10)
        server.say(RawFrame.windowUpdate(1, 500))
        #expect(!server.recorder.events.contains(.writable(1)))
        server.say(RawFrame.windowUpdate(1, 1))
        #expect(server.recorder.events.contains(.writable(1)))
        #expect(server.connection.bufferedBytes(stream) == 499)
    }

    @Test func aQueueThatIsFullRefusesButOneBodyOfAnySizeIsTaken() {
        var settings = HTTP2Settings()
        settings.streamQueuedBytesMax = 1_000
        let server = ServerUnderTest(settings, peer: [(4, 0)])
        server.say(RawFrame.headers(1, RawFrame.unary))
        server.connection.respondHeaders(StreamID(1))
        let large = ByteSlice([UInt8](repeating: 1, count: 100_000))
        #expect(server.connection.sendMessage(StreamID(1), large))
        #expect(!server.connection.sendMessage(StreamID(1), "more"))
        #expect(!server.connection.sendMessage(StreamID(1)) { $0.byte(1) })
        #expect(server.connection.sendTrailers(StreamID(1), .resourceExhausted, "slow"))
        #expect(server.connection.queuedBytes == 100_005)
        server.say(RawFrame.reset(1))
        #expect(server.connection.queuedBytes == 0)
    }

    @Test func repliesBeyondTheConnectionsQueuesEndTheirStreams() {
        var settings = HTTP2Settings()
        settings.queuedBytesMax = 10_000
        let server = ServerUnderTest(settings, peer: [(4, 0)])
        let reply = ByteSlice([UInt8](repeating: 1, count: 6_000))
        for stream: UInt32 in [1, 3, 5, 7] {
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: true))
            #expect(server.connection.respondUnary(StreamID(stream), reply) == (stream < 5))
        }
        #expect(server.connection.streamCount == 2)
        #expect(server.connection.queuedBytes == 12_010)
        #expect(server.frames().filter { $0.type == 3 }.map(\.code) == [0xb, 0xb])
    }

    @Test func connectionsThatShareAnAllowanceFillItTogether() {
        let allowance = QueueAllowance(bytesMax: 10_000)
        let servers = (0..<3).map { _ in ServerUnderTest(peer: [(4, 0)], allowance: allowance) }
        let reply = ByteSlice([UInt8](repeating: 1, count: 5_995))
        let taken = servers.map { server in
            server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
            return server.connection.respondUnary(StreamID(1), reply)
        }
        #expect(taken == [true, true, false])
        #expect(allowance.bytes == 12_000)
        servers[0].say(RawFrame.reset(1))
        #expect(allowance.bytes == 6_000)
        servers[1].connection.goAway(.noError, "")
        #expect(allowance.bytes == 0)
        servers[2].say(RawFrame.headers(3, RawFrame.unary, endStream: true))
        #expect(servers[2].connection.respondUnary(StreamID(3), reply))
    }

    @Test func streamsThatWereResetDoNotWaitForEver() {
        let server = ServerUnderTest(peer: [(4, 1 << 20)])
        // The connection's window is used up, so that nothing leaves the list by being sent.
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(StreamID(1), ByteSlice([UInt8](repeating: 1, count: 65_530)))
        for number in 1...1_000 {
            let stream = UInt32(2 * number + 1)
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: true))
            server.connection.respondUnary(StreamID(stream), "waits")
            server.say(RawFrame.reset(stream))
        }
        #expect(server.connection.streamCount == 0)
        #expect(server.connection.waiting.count < 100)
    }

    @Test func manyWindowsInOneSettingsFrameCountAsTheLast() {
        let server = ServerUnderTest(peer: [(4, 100)])
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(StreamID(1), ByteSlice([UInt8](repeating: 1, count: 295)))
        #expect(body(server.frames(), of: 1).count == 100)
        server.say(RawFrame.settings([(4, 1_000), (4, 0x7fff_ffff), (4, 150)]))
        #expect(body(server.frames(), of: 1).count == 50)
        server.say(RawFrame.settings([(4, 0x8000_0000), (4, 150)]))
        #expect(server.failureCode == .flowControlError)
    }

    @Test func aClientThatDoesNotReadFillsItsStreamsNotTheOutput() {
        var settings = HTTP2Settings()
        settings.outputBytesMax = 50_000
        let server = ServerUnderTest(settings, peer: [(4, 0x7fff_ffff)])
        server.say(RawFrame.windowUpdate(0, 0x7000_0000))
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(
            StreamID(1),
            ByteSlice([UInt8](repeating: 1, count: 500_000))
        )
        #expect(server.connection.outputCount < 70_000)
        var frames: [WrittenFrame] = []
        while server.connection.hasOutput {
            frames += server.frames()
            server.connection.resumeSending(into: server.recorder)
        }
        #expect(body(frames, of: 1).count == 500_005)
        #expect(server.connection.streamCount == 0)
    }

    @Test func drainingKeepsTheStorageAndTheOrder() {
        let server = ServerUnderTest()
        server.say(RawFrame.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        var drained: [UInt8] = []
        server.connection.drainOutput { drained += $0 }
        #expect(drained.count == 17)
        #expect(!server.connection.hasOutput)
        server.connection.ping(1)
        #expect(server.connection.outputCount == 17)
    }

    @Test func windowsAreGivenBackInBatches() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary))
        let part = [UInt8](repeating: 1, count: 16_384)
        for _ in 0..<2_048 { server.say(RawFrame.data(1, part)) }
        let updates = server.frames().filter { $0.type == 8 }
        #expect(server.failureCode == nil)
        #expect(updates.filter { $0.stream == 1 }.count == 16)
        #expect(updates.filter { $0.stream == 0 }.count <= 4)
    }
}
