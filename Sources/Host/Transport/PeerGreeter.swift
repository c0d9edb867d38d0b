internal import Bytes
internal import NIOCore
internal import PeerWire

/// The dialled connection's handler: says hello, checks the answer, then pings.
///
/// Frames go out by the link; what comes back is nothing but the peer's answers to pings.
final class PeerGreeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Becomes `open` with an answer that fits, or `closed`.
        case awaitingAnswer(deadline: Scheduled<Void>)

        /// Becomes `closed` when the peer is silent or leaves.
        case open(pings: RepeatedTask)

        case closed
    }

    private let hello: PeerHello
    private let link: PeerLink
    private let timings: PeerTimings
    private var state = State.closed
    private var assembler = FrameAssembler()
    private var lastHeard = NIODeadline.now()

    /// When a ping was sent that is not answered yet.
    private var pingedAt: NIODeadline?
    private var reason = "the peer closed the connection"

    init(hello: PeerHello, link: PeerLink, timings: PeerTimings) {
        self.hello = hello
        self.link = link
        self.timings = timings
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let deadline = context.eventLoop.scheduleTask(in: timings.hello) {
            let (greeter, context) = bound.value
            greeter.close(context, "no answer to the hello")
        }
        state = .awaitingAnswer(deadline: deadline)
        link.dialled(context.channel)
        let bytes = ByteBuffer(bytes: hello.encoded.array)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .awaitingAnswer(let deadline):
            assembler.append(&bytes)
            receiveAnswer(context, deadline)
        case .open:
            lastHeard = .now()
            if let pingedAt { link.pinged(lastHeard - pingedAt) }
            pingedAt = nil
        case .closed:
            return
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // The peer's side took bytes: a sign of life, too.
        lastHeard = .now()
        if case .open = state, context.channel.isWritable { link.flush() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(context, "\(error)")
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimers()
        state = .closed
        link.closed(reason)
        context.fireChannelInactive()
    }

    private func receiveAnswer(_ context: ChannelHandlerContext, _ deadline: Scheduled<Void>) {
        do throws(PeerRefusal) {
            guard let answer = try assembler.hello() else { return }
            try answer.check(cluster: hello.cluster, own: hello.source, dialled: hello.target)
        } catch {
            if case .removedNode(_, let peer) = error { link.removed(by: peer) }
            return close(context, "\(error)")
        }
        deadline.cancel()
        lastHeard = .now()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let pings = context.eventLoop.scheduleRepeatedTask(
            initialDelay: timings.ping,
            delay: timings.ping
        ) { _ in
            let (greeter, context) = bound.value
            greeter.ping(context)
        }
        state = .open(pings: pings)
        link.opened(context.channel)
    }

    private func ping(_ context: ChannelHandlerContext) {
        guard NIODeadline.now() - lastHeard < timings.silence else {
            return close(context, "the peer is silent")
        }
        pingedAt = pingedAt ?? .now()
        context.writeAndFlush(wrapOutboundOut(FrameAssembler.ping), promise: nil)
    }

    /// The first reason stays the reason.
    private func close(_ context: ChannelHandlerContext, _ reason: String) {
        if case .closed = state { return }
        stopTimers()
        state = .closed
        self.reason = reason
        context.close(promise: nil)
    }

    private func stopTimers() {
        switch state {
        case .awaitingAnswer(let deadline): deadline.cancel()
        case .open(let pings): pings.cancel()
        case .closed: break
        }
    }
}
