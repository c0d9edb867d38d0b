internal import Bytes
internal import EtcdWire
internal import HTTP2Wire
internal import NIOCore

/// One connection under load, on its event loop: no task, no promise and no allocation a request.
final class LoadSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let http = HTTP2Connection(role: .client)
    private var requests: LoadRequests
    private var request: RepeatedRequest

    private var underWay: LoadSlots

    /// Due but not sent, as all places were taken; intended times, oldest first.
    private var backlog: [UInt64] = []
    private var backlogHead = 0

    /// How many more to begin at once as others end; none in an open loop.
    private var left = 0
    private var endsAt: UInt64 = .max

    /// Whether others may still come than those that are left.
    private var mayBeOffered = true

    private(set) var report = LoadReport()
    private(set) var lastAnswerAt: UInt64 = 0
    private var now: UInt64 = 0
    private var context: ChannelHandlerContext?
    private var hasEnded = false
    private let onEnd: () -> Void

    /// `onEnd` is called once: when all that was begun is answered, or the connection is lost.
    init(_ plan: LoadPlan, connection: Int, authority: String, onEnd: @escaping () -> Void) {
        requests = LoadRequests(plan, connection: connection)
        request = RepeatedRequest(
            OutgoingRequest(path: ByteSlice(requests.method.path), authority: ByteSlice(authority))
        )
        underWay = LoadSlots(limit: plan.outstanding)
        self.onEnd = onEnd
    }

    /// Whether an answer is due.
    var isWaiting: Bool { !hasEnded && (left > 0 || !isIdle) }

    /// Whether nothing is under way or due.
    private var isIdle: Bool { underWay.count == 0 && backlogHead == backlog.count }

    /// Keeps all places busy until so many were begun, or the time has come.
    func runClosed(count: Int, until end: UInt64) {
        left = count
        endsAt = end
        mayBeOffered = false
        now = Self.uptime
        fill()
        flush()
        endIfDone()
    }

    /// A request was meant to be sent at `time`; sent now if there is room.
    ///
    /// Call `flush` after the last of them.
    func offer(at time: UInt64) {
        guard context != nil else { return report.unanswered += 1 }
        if backlogHead == backlog.count, send(at: time) { return }
        backlog.append(time)
    }

    /// No more will come: ends when what was begun is answered.
    func finish() {
        mayBeOffered = false
        endIfDone()
    }

    /// Waits no longer.
    func giveUp() {
        guard !hasEnded else { return }
        report.unanswered += underWay.count + backlog.count - backlogHead
        if endsAt == .max { report.unanswered += left }
        hasEnded = true
        onEnd()
        context?.close(promise: nil)
    }

    private func fill() {
        while backlogHead < backlog.count {
            guard send(at: backlog[backlogHead]) else { return }
            backlogHead += 1
            if backlogHead == backlog.count {
                backlog.removeAll(keepingCapacity: true)
                backlogHead = 0
            }
        }
        while left > 0, now < endsAt, send(at: now) { left -= 1 }
        if now >= endsAt { left = 0 }
    }

    private func send(at time: UInt64) -> Bool {
        guard !underWay.isFull, let stream = http.startRequest(&request) else { return false }
        underWay.begin(stream.rawValue, at: time)
        http.finishRequest(stream, requests.nextMessage())
        return true
    }

    private func end(_ stream: StreamID, _ status: GRPCStatusCode?) {
        guard let slot = underWay.end(stream.rawValue) else { return }
        let status = status ?? .unknown
        if status == .ok, slot.received >= requests.answerBytesMin {
            report.answered += 1
            report.latency.record(now - min(now, slot.intendedAt))
        } else {
            let code = status == .ok ? GRPCStatusCode.dataLoss : status
            report.refused[Int(code.rawValue), default: 0] += 1
        }
        lastAnswerAt = now
    }

    private func endIfDone() {
        guard !hasEnded, !mayBeOffered, left == 0, isIdle else { return }
        hasEnded = true
        onEnd()
    }

    func flush() {
        guard let context, http.hasOutput else { return }
        http.flush(to: context, as: self)
    }

    static var uptime: UInt64 { NIODeadline.now().uptimeNanoseconds }
}

/// NIO's side.
extension LoadSession {
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        now = Self.uptime
        unwrapInboundIn(data).withUnsafeReadableBytes {
            http.receive($0, atMilliseconds: now / 1_000_000, into: self)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        fill()
        flush()
        endIfDone()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        giveUp()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension LoadSession: HTTP2EventSink {
    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        if head.endStream { end(stream, head.grpcStatus) }
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        underWay.receive(stream.rawValue, bytes.count)
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        end(stream, trailers.grpcStatus)
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) { end(stream, nil) }

    func connectionFailed(_ failure: HTTP2Failure) { giveUp() }
}
