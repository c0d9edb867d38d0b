internal import Bytes
internal import Model
internal import NIOCore
internal import PeerWire

/// The accepting side of a connection between nodes: a hello, then frames.
final class PeerReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// Becomes `receiving` with a hello that fits, or `closed`.
        case awaitingHello
        case receiving(from: NodeID)
        case closed
    }

    private let cluster: ClusterID
    private let own: NodeID
    private let isKnown: (NodeID) -> Bool
    private let deliver: @Sendable (NodeID, ByteSlice) -> Void
    private let tell: @Sendable (PeerFact) -> Void
    private var state = State.awaitingHello
    private var assembler = FrameAssembler()
    private var deadline: Scheduled<Void>?

    init(
        cluster: ClusterID, own: NodeID, isKnown: @escaping (NodeID) -> Bool,
        deliver: @escaping @Sendable (NodeID, ByteSlice) -> Void,
        tell: @escaping @Sendable (PeerFact) -> Void
    ) {
        self.cluster = cluster
        self.own = own
        self.isKnown = isKnown
        self.deliver = deliver
        self.tell = tell
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Limits.helloSecondsMax)) {
            bound.value.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        state = .closed
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        assembler.append(&bytes)
        if case .awaitingHello = state { receiveHello(context) }
        guard case .receiving(let node) = state else { return }
        do throws(FrameTooLarge) {
            while let frame = try assembler.next() { deliver(node, frame) }
        } catch {
            refuse("node \(node): \(error)", context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        refuse("\(error)", context)
    }

    private func receiveHello(_ context: ChannelHandlerContext) {
        guard let bytes = assembler.head(PeerHello.byteCount) else { return }
        do throws(PeerRefusal) {
            let hello = try PeerHello(decoding: bytes)
            let isWelcome = isKnown(hello.source)
            answer(hello, isWelcome: isWelcome, context)
            try hello.check(cluster: cluster, own: own, dialled: nil)
            guard isWelcome else { throw .unknownNode(hello.source, to: own) }
            deadline?.cancel()
            state = .receiving(from: hello.source)
        } catch {
            refuse("\(error)", context)
        }
    }

    private func answer(_ hello: PeerHello, isWelcome: Bool, _ context: ChannelHandlerContext) {
        let answer = PeerHello(
            cluster: cluster, source: own, target: hello.source, isWelcome: isWelcome)
        let bytes = ByteBuffer(bytes: answer.encoded.array)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        if case .closed = state { return }
        state = .closed
        tell(.refused(reason))
        context.close(promise: nil)
    }
}
