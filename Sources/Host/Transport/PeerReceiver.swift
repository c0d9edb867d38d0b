internal import Bytes
internal import Model
internal import NIOCore
internal import PeerWire

/// The accepted connection's handler: answers a hello, delivers frames, answers pings.
final class PeerReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Becomes `receiving` with a hello that fits, or `closed`.
        case awaitingHello

        case receiving(from: NodeID)
        case closed
    }

    private let office: PeerOffice
    private var state = State.awaitingHello
    private var assembler = FrameAssembler()
    private var lastHeard = NIODeadline.now()
    private var watch: RepeatedTask?

    init(_ office: PeerOffice) { self.office = office }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        lastHeard = .now()
        watch = context.eventLoop.scheduleRepeatedTask(
            initialDelay: office.timings.ping,
            delay: office.timings.ping
        ) { _ in
            let (receiver, context) = bound.value
            receiver.closeIfSilent(context)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        state = .closed
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = state { return }
        var bytes = unwrapInboundIn(data)
        assembler.append(&bytes)
        if case .awaitingHello = state { receiveHello(context) }
        if case .receiving(let node) = state { receiveFrames(from: node, context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(context, "\(error)")
    }

    private func receiveHello(_ context: ChannelHandlerContext) {
        do throws(PeerRefusal) {
            guard let hello = try assembler.hello() else { return }
            let verdict = office.verdict(on: hello.source)
            answer(hello, verdict, context)
            try hello.check(cluster: office.cluster, own: office.own, dialled: nil)
            switch verdict {
            case .welcome: break
            case .unknown: throw .unknownNode(hello.source, to: office.own)
            case .removed: throw .removedNode(hello.source, by: office.own)
            }
            state = .receiving(from: hello.source)
            office.assign(context.channel, to: hello.source)
        } catch {
            close(context, "\(error)")
        }
    }

    private func answer(
        _ hello: PeerHello,
        _ verdict: PeerHello.Verdict,
        _ context: ChannelHandlerContext
    ) {
        let answer = PeerHello(
            cluster: office.cluster,
            source: office.own,
            target: hello.source,
            verdict: verdict
        )
        let bytes = ByteBuffer(bytes: answer.encoded.array)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func receiveFrames(from node: NodeID, _ context: ChannelHandlerContext) {
        lastHeard = .now()
        var isPinged = false
        do throws(FrameTooLarge) {
            while let item = try assembler.next() {
                switch item {
                case .ping: isPinged = true
                case .frame(let frame):
                    guard accept(frame, from: node, context) else { return }
                }
            }
        } catch {
            return close(context, "node \(node) announced \(error)")
        }
        assembler.compact()
        if isPinged { context.writeAndFlush(wrapOutboundOut(FrameAssembler.ping), promise: nil) }
    }

    /// False if it is no frame of that node: what follows on the connection can mean anything.
    private func accept(
        _ frame: ByteSlice,
        from node: NodeID,
        _ context: ChannelHandlerContext
    ) -> Bool {
        do throws(DecodeError) {
            let source = try PeerFrameReader(frame).source
            guard source == node else {
                close(context, "node \(node) sent a frame in the name of node \(source)")
                return false
            }
        } catch {
            close(context, "node \(node) sent a frame that is damaged: \(error)")
            return false
        }
        office.deliver(node, frame)
        return true
    }

    private func closeIfSilent(_ context: ChannelHandlerContext) {
        let silence = NIODeadline.now() - lastHeard
        switch state {
        case .awaitingHello:
            guard silence >= office.timings.hello else { return }
            close(context, "a connection without a hello")
        case .receiving(let node):
            guard silence >= office.timings.silence else { return }
            close(context, "node \(node) is silent")
        case .closed:
            return
        }
    }

    private func close(_ context: ChannelHandlerContext, _ reason: String) {
        if case .closed = state { return }
        state = .closed
        office.refused(reason)
        context.close(promise: nil)
    }
}
