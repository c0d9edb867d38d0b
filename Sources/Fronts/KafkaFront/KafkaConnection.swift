internal import Bytes
internal import Model
public import NIOCore

/// One client's connection: requests in, answers out in the same order.
///
/// Lives on the front's event loop. What a client does not read is not made without end: requests
/// are read only while its answers go out.
public final class KafkaConnection: ChannelInboundHandler, ChannelOutboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    let front: KafkaFront
    var replies = ReplyQueue()

    /// The number by which the front knows it; its waiters carry it.
    private(set) var number: UInt32?

    /// Where its client is, as Kafka writes it.
    private(set) var host = ByteSlice.empty

    /// Closed then, unless something comes or is owed.
    private var idleUntil = Instant.zero

    private var frames = RequestFrames()
    private var context: ChannelHandlerContext?
    private var isFlushNoted = false
    private var isTurnWanted = false
    private var isReadHeldBack = false

    /// Requests that came with others and wait until some of those are answered.
    private var waiting: [ByteSlice] = []

    /// Nothing more is read; it closes once all that is owed is out.
    private(set) var isLeaving = false
    private var isCloseOrdered = false

    private var gatheredBytes = 0 {
        didSet { front.gatheredBytes += gatheredBytes - oldValue }
    }

    public init(_ front: KafkaFront) { self.front = front }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        host = ByteSlice("/" + (context.remoteAddress?.ipAddress ?? ""))
        guard let (number, firstRequest) = front.add(self) else {
            return context.close(promise: nil)
        }
        self.number = number
        idleUntil = front.now + Limits.idleNanosecondsMax
        replies = ReplyQueue(firstRequest: firstRequest)
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
        guard number != nil, !isLeaving else { return }
        idleUntil = front.now + Limits.idleNanosecondsMax
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            front.counters.receivedBytes &+= UInt64(bytes.count)
            do throws(RequestFrames.BadLength) {
                try frames.receive(bytes) { take($0) }
            } catch {
                front.counters.badRequests &+= 1
                leave()
            }
        }
        countGathered()
        // Whoever sends parts of large requests to fill the memory is not waited for.
        if front.isGatheredFull { leave() }
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        askForTurn()
        flush()
        context.fireChannelReadComplete()
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    public func read(context: ChannelHandlerContext) {
        guard context.channel.isWritable, mayTakeMore else {
            isReadHeldBack = true
            return
        }
        context.read()
    }

    private func countGathered() {
        gatheredBytes = frames.heldBytes + waiting.reduce(0) { $0 + $1.count }
    }

    /// Whether another request may be under way.
    private var mayTakeMore: Bool {
        replies.openCount < Limits.requestsInFlightMax
            && replies.waitingBytes < Limits.queuedBytesMax
    }

    private func take(_ request: ByteSlice) {
        guard waiting.isEmpty, mayTakeMore else { return waiting.append(request) }
        serve(request)
    }

    private func serve(_ request: ByteSlice) {
        guard !isLeaving else { return }
        front.serve(request, on: self)
    }

    /// The shard has something to do; it is asked for once a burst.
    func wantTurn() { isTurnWanted = true }

    private func askForTurn() {
        guard isTurnWanted else { return }
        isTurnWanted = false
        front.requestTurn()
    }

    /// Answers a request; nil: the client is told nothing.
    func answer(_ request: UInt64, _ pieces: [ByteSlice]?) {
        replies.answer(request, pieces)
        noteOutput()
    }

    /// Says no more: the client broke the protocol where it has no word for that.
    func leave() {
        isLeaving = true
        waiting = []
        noteOutput()
    }

    private func noteOutput() {
        guard !isFlushNoted else { return }
        isFlushNoted = true
        front.noteUnflushed(self)
    }

    func flush() {
        isFlushNoted = false
        guard let context else { return }
        var hasWritten = false
        repeat {
            replies.drain(while: { context.channel.isWritable }) { pieces in
                write(pieces, to: context)
                hasWritten = true
            }
        } while serveWaiting(while: context.channel.isWritable)
        if gatheredBytes > 0 { countGathered() }
        if hasWritten { context.flush() }
        if isLeaving {
            if replies.isEmpty, !isCloseOrdered {
                isCloseOrdered = true
                let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                // Closed at once, the socket would drop what it has not taken.
                context.writeAndFlush(
                    wrapOutboundOut(context.channel.allocator.buffer(capacity: 0))
                )
                .whenComplete { _ in bound.value.close(promise: nil) }
            }
        } else if isReadHeldBack, context.channel.isWritable, mayTakeMore {
            isReadHeldBack = false
            context.read()
        }
        askForTurn()
    }

    /// Whether a request that waited has been taken up.
    private func serveWaiting(while isWritable: Bool) -> Bool {
        guard isWritable, !waiting.isEmpty, mayTakeMore else { return false }
        serve(waiting.removeFirst())
        return true
    }

    /// One answer: a whole frame, in pieces.
    private func write(_ pieces: [ByteSlice], to context: ChannelHandlerContext) {
        let count = pieces.reduce(0) { $0 + $1.count }
        var buffer = context.channel.allocator.buffer(capacity: count)
        for piece in pieces { piece.withUnsafeBytes { _ = buffer.writeBytes($0) } }
        front.counters.sentBytes &+= UInt64(count)
        context.write(wrapOutboundOut(buffer), promise: noteUnsent(count, context))
    }

    /// Counts a large answer until its client has taken it, so that those who do not are bounded
    /// together; small ones are bounded by being few.
    private func noteUnsent(
        _ count: Int,
        _ context: ChannelHandlerContext
    ) -> EventLoopPromise<Void>? {
        guard count >= Limits.largeAnswerBytes else { return nil }
        front.unsentBytes += count
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(front, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.unsentBytes -= count }
        return promise
    }

    /// Who has nothing to say and waits for nothing costs a place among the connections.
    func passTime() {
        guard front.now >= idleUntil, replies.openCount == 0 else { return }
        close()
    }

    func close() { context?.close(promise: nil) }

    private func forget() {
        guard let number else { return }
        gatheredBytes = 0
        front.remove(number)
        self.number = nil
        context = nil
        waiting = []
    }
}
