import Bytes
import HTTP2Wire
import NIOCore
import NIOEmbedded
import Testing

@testable import Client

/// A session against a server that answers when it is told to.
struct LoadSessionTests {
    private static func plan(outstanding: Int) -> LoadPlan {
        var plan = LoadPlan(endpoints: [])
        plan.outstanding = outstanding
        return plan
    }

    @Test func aClosedLoopKeepsItsPlacesBusyUntilTheCountIsReached() throws {
        let pair = try Pair(Self.plan(outstanding: 4))
        pair.session.runClosed(count: 10, until: .max)
        var rounds: [Int] = []
        while !pair.hasEnded {
            try pair.pass()
            rounds.append(pair.server.waiting.count)
            pair.server.answerAll(.ok)
            try pair.pass()
        }
        #expect(rounds == [4, 4, 2])
        #expect(pair.session.report.answered == 10)
        #expect(pair.session.report.latency.count == 10)
        #expect(pair.session.report.errors == 0)
    }

    @Test func whatIsRefusedIsCountedByItsCode() throws {
        let pair = try Pair(Self.plan(outstanding: 3))
        pair.session.runClosed(count: 3, until: .max)
        try pair.pass()
        pair.server.answerAll(.unavailable)
        try pair.pass()
        #expect(pair.hasEnded)
        #expect(pair.session.report.refused == [14: 3])
        #expect(pair.session.report.answered == 0)
    }

    @Test func anAnswerWithoutWhatWasAskedForIsNone() throws {
        var plan = Self.plan(outstanding: 1)
        plan.operation = .range
        let pair = try Pair(plan)
        pair.session.runClosed(count: 1, until: .max)
        try pair.pass()
        pair.server.answerAll(.ok)
        try pair.pass()
        #expect(pair.session.report.refused == [15: 1])
    }

    @Test func inAnOpenLoopLatenciesCountFromTheTimeThatWasMeant() throws {
        let pair = try Pair(Self.plan(outstanding: 1))
        let early = LoadSession.uptime - 5_000_000_000
        pair.session.offer(at: early)
        pair.session.offer(at: early)
        pair.session.flush()
        pair.session.finish()
        for _ in 0..<2 {
            #expect(!pair.hasEnded)
            try pair.pass()
            #expect(pair.server.waiting.count == 1)
            pair.server.answerAll(.ok)
            try pair.pass()
        }
        #expect(pair.hasEnded)
        #expect(pair.session.report.answered == 2)
        #expect(pair.session.report.latency.quantile(0.01) >= 5_000_000_000)
    }

    @Test func whatALostConnectionLeavesIsNotAnswered() throws {
        let pair = try Pair(Self.plan(outstanding: 2))
        pair.session.runClosed(count: 7, until: .max)
        try pair.pass()
        _ = try pair.channel.finish(acceptAlreadyClosed: true)
        #expect(pair.hasEnded)
        #expect(pair.session.report.unanswered == 7)
    }
}

/// A session in its channel, and the server that it talks to.
private final class Pair {
    let channel = EmbeddedChannel()
    let server = Server()
    let session: LoadSession
    private let end: Flag

    var hasEnded: Bool { end.isSet }

    init(_ plan: LoadPlan) throws {
        let end = Flag()
        self.end = end
        session = LoadSession(plan, connection: 0, authority: "test") { end.isSet = true }
        try channel.pipeline.syncOperations.addHandler(session)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try pass()
    }

    /// Carries bytes both ways until neither side has any.
    func pass() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
                isMoving = true
                bytes.withUnsafeReadableBytes { server.receive($0) }
            }
            let answer = server.http.takeOutput()
            if !answer.isEmpty {
                isMoving = true
                try channel.writeInbound(ByteBuffer(bytes: answer))
            }
        }
    }

    private final class Flag { var isSet = false }
}

private final class Server: HTTP2EventSink {
    let http = HTTP2Connection(role: .server, paths: PathTable(["/etcdserverpb.KV/Put"]))
    private(set) var waiting: [StreamID] = []

    func receive(_ bytes: UnsafeRawBufferPointer) {
        http.receive(bytes, atMilliseconds: 0, into: self)
    }

    func answerAll(_ status: GRPCStatusCode) {
        for stream in waiting {
            if status == .ok {
                http.respondUnary(stream, ByteSlice([10, 0]))
            } else {
                http.sendTrailers(stream, status, "no")
            }
        }
        waiting = []
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        if endStream { waiting.append(stream) }
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {}
    func connectionFailed(_ failure: HTTP2Failure) {}
}
