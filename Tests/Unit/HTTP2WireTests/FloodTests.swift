import Bytes
import Testing

@testable import HTTP2Wire

/// What a peer may do a few times but not for ever; each ends with ENHANCE_YOUR_CALM.
@Suite struct FloodTests {
    private static let small: HTTP2Settings = {
        var settings = HTTP2Settings()
        let budget = FloodBudget(burst: 20, perSecond: 10)
        settings.resets = budget
        settings.provokedResets = budget
        settings.settingsFrames = budget
        settings.pings = budget
        settings.control = budget
        settings.emptyFrames = budget
        settings.tinyFragments = budget
        return settings
    }()

    /// How many rounds the connection bears.
    private func rounds(
        _ settings: HTTP2Settings = small,
        opening: [UInt8] = [],
        of round: (UInt32) -> [UInt8]
    ) -> Int? {
        let server = ServerUnderTest(settings)
        server.say(opening)
        for number in 0..<200 {
            server.say(round(UInt32(number)))
            if server.connection.isClosed {
                #expect(server.failureCode == .enhanceYourCalm)
                #expect(server.frames().last?.code == 0xb)
                #expect(server.connection.streamCount == 0)
                return number
            }
        }
        return nil
    }

    @Test func rapidResetEnds() {
        let borne = rounds { number in
            RawFrame.headers(2 * number + 1, RawFrame.unary) + RawFrame.reset(2 * number + 1)
        }
        #expect(borne == 20)
    }

    @Test func resetsThatThePeerProvokesEnd() {
        let borne = rounds { number in
            RawFrame.headers(2 * number + 1, RawFrame.unary)
                + RawFrame.windowUpdate(2 * number + 1, 0)
        }
        #expect(borne == 20)
    }

    @Test func malformedRequestsEnd() {
        #expect(rounds { RawFrame.headers(2 * $0 + 1, [("A", "")], endStream: true) } == 20)
    }

    @Test func streamsBeyondTheLimitEnd() {
        var settings = Self.small
        settings.concurrentStreams = 1
        let borne = rounds(settings) { RawFrame.headers(2 * $0 + 1, RawFrame.unary) }
        #expect(borne == 21)
    }

    @Test func continuationsEnd() {
        let borne = rounds(opening: RawFrame.frame(1, 0, 1, [0x82])) { _ in
            RawFrame.frame(9, 0, 1, [])
        }
        #expect(borne == Limits.continuationsMax)
        let large = rounds(opening: RawFrame.frame(1, 0, 1, [0x82])) { _ in
            RawFrame.frame(9, 0, 1, [UInt8](repeating: 0x82, count: 16_000))
        }
        #expect(large == 4)
    }

    @Test func pingsSettingsPrioritiesAndUpdatesEnd() {
        #expect(rounds { _ in RawFrame.frame(6, 0, 0, [UInt8](repeating: 1, count: 8)) } == 20)
        #expect(rounds { _ in RawFrame.settings() } == 18)
        #expect(rounds { _ in RawFrame.frame(2, 0, 1, [0, 0, 0, 0, 1]) } == 20)
        #expect(rounds { _ in RawFrame.windowUpdate(0, 1) } == 20)
        #expect(rounds { _ in RawFrame.frame(0x99, 0, 0, []) } == 20)
        #expect(rounds { _ in RawFrame.frame(6, 1, 0, [UInt8](repeating: 1, count: 8)) } == 20)
    }

    @Test func framesWithoutABodyEnd() {
        let open = RawFrame.headers(1, RawFrame.unary)
        #expect(rounds(opening: open) { _ in RawFrame.data(1, []) } == 20)
        #expect(rounds(opening: open) { _ in RawFrame.frame(0, 8, 1, [2, 0, 0]) } == 20)
    }

    @Test func tooManyParametersAtOnceEnd() {
        let server = ServerUnderTest(Self.small)
        server.say(RawFrame.settings((0..<33).map { ($0 + 100, 1) }))
        #expect(server.failureCode == .enhanceYourCalm)
    }

    @Test func tinyWindowsEnd() {
        let server = ServerUnderTest(Self.small, peer: [(4, 0)])
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.respondUnary(StreamID(1), ByteSlice([UInt8](repeating: 1, count: 500)))
        var rounds = 0
        while !server.connection.isClosed, rounds < 100 {
            rounds += 1
            server.say(RawFrame.windowUpdate(1, 1), at: UInt64(rounds))
        }
        #expect(server.failureCode == .enhanceYourCalm)
        #expect(rounds <= 21)
    }

    @Test func timeRefillsABudget() {
        let server = ServerUnderTest(Self.small)
        for number: UInt64 in 0..<200 {
            server.say(RawFrame.frame(6, 0, 0, [UInt8](repeating: 1, count: 8)), at: number * 100)
        }
        #expect(!server.connection.isClosed)
        server.say([], at: 0)
        for _ in 0..<21 { server.say(RawFrame.frame(6, 0, 0, [UInt8](repeating: 1, count: 8))) }
        #expect(server.connection.isClosed)
    }

    /// grpc-go sends a PING and two WINDOW_UPDATEs for what it receives.
    @Test func whoEstimatesBandwidthWhileRepliesFlowIsNotCutOff() {
        let server = ServerUnderTest(Self.small)
        for number: UInt32 in 0..<500 {
            let stream = 2 * number + 1
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: true))
            server.connection.respondUnary(StreamID(stream), "x")
            server.say(
                RawFrame.frame(6, 0, 0, [UInt8](repeating: 1, count: 8))
                    + RawFrame.windowUpdate(0, 6) + RawFrame.windowUpdate(stream, 6)
            )
        }
        #expect(!server.connection.isClosed)
    }

    @Test func whoCancelsHalfOfItsRequestsIsNotCutOff() {
        let server = ServerUnderTest(Self.small)
        for number: UInt32 in 0..<500 {
            let stream = 2 * number + 1
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: number % 2 == 0))
            if number % 2 == 0 {
                server.connection.respondUnary(StreamID(stream), "x")
            } else {
                server.say(RawFrame.reset(stream))
            }
        }
        #expect(!server.connection.isClosed)
    }
}
