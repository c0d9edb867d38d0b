internal import Groups
public import NIOCore

/// A connection of the HTTP port, which serves probes and nothing else.
public final class PlainHTTPConnection: ChannelInboundHandler, ChannelOutboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    private let front: EtcdFront
    private var session = PlainHTTPSession()
    private var number: UInt32?
    private var key = CallKey(serial: 0, place: 0)
    private var context: ChannelHandlerContext?
    private var isReadHeldBack = false

    public init(_ front: EtcdFront) { self.front = front }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        number = front.add(.plain(self))
        key = CallKey(serial: front.takeSerial(), place: 0)
        if number == nil { context.close(promise: nil) }
    }

    public func handlerRemoved(context: ChannelHandlerContext) { forget() }

    public func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket or TLS failed; nothing can be said to this client any longer.
        context.close(promise: nil)
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        serve()
    }

    /// Who does not read his answers is not read either.
    public func read(context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            isReadHeldBack = true
            return
        }
        context.read()
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isReadHeldBack, context.channel.isWritable {
            isReadHeldBack = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func complete(_ key: CallKey, _ result: CompletionResult) {
        guard key == self.key else { return }
        session.finishRead(front, failure: PlainHTTP.failure(of: result))
        serve()
    }

    /// What is under way is still answered; then the client finds the connection closed.
    func stop() {
        if !session.isWaiting { context?.close(promise: nil) }
    }

    private func serve() {
        guard let number else { return }
        front.refreshLeader()
        if case .read = session.advance(front) {
            front.shard.read(front.group, for: Waiter(client: number, request: key.number))
            front.requestTurn()
        }
        flush()
    }

    private func flush() {
        guard let context, !session.output.isEmpty else { return }
        let buffer = context.channel.allocator.buffer(bytes: session.output)
        session.output = []
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        if session.isFinished || front.isStopped { context.close(promise: nil) }
    }

    private func forget() {
        guard let number else { return }
        front.remove(number)
        self.number = nil
        context = nil
    }
}
