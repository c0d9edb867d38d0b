internal import Groups
internal import Model
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

    /// When a client that asks for nothing is given up.
    private var silentUntil = Instant.zero

    /// It closes once all that was written is out.
    private var isCloseOrdered = false

    public init(_ front: EtcdFront) { self.front = front }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        number = front.add(.plain(self))
        key = CallKey(serial: front.takeSerial(), place: 0)
        if number == nil { context.close(promise: nil) }
        silentUntil = front.now + Limits.silenceNanosecondsMax
    }

    /// Who asks for nothing costs a place among the connections, which others need.
    func passTime() {
        guard !session.isWaiting, front.now >= silentUntil else { return }
        context?.close(promise: nil)
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
        silentUntil = front.now + Limits.plainSilenceNanosecondsMax
        serve()
    }

    /// Who does not read his answers is not read either.
    public func read(context: ChannelHandlerContext) {
        guard context.channel.isWritable, !session.isFull else {
            isReadHeldBack = true
            return
        }
        context.read()
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { serve() }
        context.fireChannelWritabilityChanged()
    }

    func complete(_ key: CallKey, _ result: CompletionResult) {
        guard key == self.key else { return }
        session.finishRead(front, failure: PlainHTTP.failure(of: result))
        serve()
    }

    /// What is under way is still answered; then the client finds the connection closed.
    func stop() {
        flush()
    }

    private func serve() {
        guard let number, !isCloseOrdered else { return }
        front.refreshLeader()
        repeat {
            if case .read = session.advance(front) {
                front.shard.read(front.group, for: Waiter(client: number, request: key.number))
                front.requestTurn()
            }
        } while flush()
    }

    /// Sends the answers; whether there were any, and others may follow.
    @discardableResult
    private func flush() -> Bool {
        guard let context, !isCloseOrdered, context.channel.isWritable else { return false }
        let hasOutput = !session.output.isEmpty
        if hasOutput {
            let buffer = context.channel.allocator.buffer(bytes: session.output)
            session.output = []
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        if session.isFinished || front.isStopped && !session.isWaiting {
            isCloseOrdered = true
            context.writeLast(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)))
            return false
        }
        if isReadHeldBack, context.channel.isWritable, !session.isFull {
            isReadHeldBack = false
            context.read()
        }
        return hasOutput
    }

    private func forget() {
        guard let number else { return }
        front.remove(number)
        self.number = nil
        context = nil
    }
}
