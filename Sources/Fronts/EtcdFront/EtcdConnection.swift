internal import EtcdWire
internal import Groups
public import HTTP2Wire
internal import Model
public import NIOCore

/// One client's connection: HTTP/2 with gRPC, or plain HTTP for probes, by its first bytes.
///
/// Lives on the front's event loop. Bytes are drained only while the socket takes them, and read
/// only then: a client that does not read stops being served, not our memory.
public final class EtcdConnection: ChannelInboundHandler, ChannelOutboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    enum Mode {
        /// The first bytes, too few to tell.
        case sniffing([UInt8])
        case http2
        case plain(PlainHTTPSession)
        case closed
    }

    static let paths = PathTable(EtcdMethod.allCases.map(\.path))

    let front: EtcdFront
    let http: HTTP2Connection
    var mode = Mode.sniffing([])
    var calls = CallTable()

    /// Held by calls whose messages are not complete.
    var gatheredBytes = 0 {
        didSet { front.gatheredBytes += gatheredBytes - oldValue }
    }

    /// The same of plain HTTP.
    private var plainBytes = 0 {
        didSet { front.gatheredBytes += plainBytes - oldValue }
    }

    /// How many of its calls wait for a recipe.
    var recipeCount = 0

    /// Turns calls in JSON into gRPC's, and their answers back; none until the first.
    var gateway: GatewayClient?

    /// The read of a connection that speaks plain HTTP.
    let plainKey: CallKey

    /// The number by which the front knows it; its waiters carry it.
    private(set) var number: UInt32?

    /// When a deadline or a progress report may be due; never later than the first one is.
    var timerAt: Instant?

    /// When a connection that has not said what it speaks is given up.
    var silentUntil = Instant.zero

    private var context: ChannelHandlerContext?
    private var isFlushNoted = false
    private var isTurnWanted = false
    private var isReadHeldBack = false

    /// Nothing more is read; it closes once all that was written is out.
    private(set) var isLeaving = false
    private var isCloseOrdered = false

    /// What a connection allows its client.
    public static var settings: HTTP2Settings {
        var settings = HTTP2Settings()
        settings.concurrentStreams = Limits.streamsPerConnectionMax
        return settings
    }

    public init(_ front: EtcdFront, settings: HTTP2Settings = EtcdConnection.settings) {
        self.front = front
        plainKey = CallKey(serial: front.takeSerial(), place: 0)
        http = HTTP2Connection(
            role: .server,
            settings: settings,
            paths: Self.paths,
            allowance: front.allowance
        )
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        number = front.add(.etcd(self))
        if number == nil { context.close(promise: nil) }
        silentUntil = front.now + Limits.silenceNanosecondsMax
        timerAt = silentUntil
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
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { receive($0) }
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        if isTurnWanted {
            isTurnWanted = false
            front.requestTurn()
        }
        flush()
        context.fireChannelReadComplete()
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    public func read(context: ChannelHandlerContext) {
        guard context.channel.isWritable, !isPlainFull else {
            isReadHeldBack = true
            return
        }
        context.read()
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        switch mode {
        case .http2:
            front.counters.receivedBytes &+= UInt64(bytes.count)
            http.receive(bytes, atMilliseconds: front.now.number / 1_000_000, into: self)
        case .plain(var session):
            mode = .closed
            session.receive(bytes)
            plainBytes = session.heldBytes
            if front.isGatheredFull { session.refuseForWantOfRoom() }
            mode = .plain(session)
            silentUntil = front.now + Limits.plainSilenceNanosecondsMax
            timerAt = min(timerAt ?? silentUntil, silentUntil)
            servePlain()
        case .sniffing(var first):
            mode = .closed
            first.append(contentsOf: bytes)
            sniff(first)
        case .closed:
            return
        }
    }

    private func sniff(_ first: [UInt8]) {
        switch first.withUnsafeBytes({ HTTP2Connection.sniff($0) }) {
        case .undecided: mode = .sniffing(first)
        case .http2: mode = .http2
        case .http1: mode = .plain(PlainHTTPSession(servesCalls: true))
        }
        if case .sniffing = mode { return }
        first.withUnsafeBytes { receive($0) }
    }

    /// The shard has something to do; it is asked for once a burst.
    func wantTurn() { isTurnWanted = true }

    /// There is output; it is sent at the end of the burst or of the front's delivery.
    func noteOutput() {
        guard !isFlushNoted else { return }
        isFlushNoted = true
        front.noteUnflushed(self)
    }

    func flush() {
        isFlushNoted = false
        guard let context else { return }
        switch mode {
        case .http2: flushHTTP2(context)
        case .plain: flushPlain(context)
        case .sniffing, .closed: return
        }
        guard isReadHeldBack, context.channel.isWritable, !isPlainFull else { return }
        isReadHeldBack = false
        context.read()
    }

    private func flushHTTP2(_ context: ChannelHandlerContext) {
        var hasWritten = false
        while http.hasOutput, context.channel.isWritable {
            http.drainOutput { bytes in
                var buffer = context.channel.allocator.buffer(capacity: bytes.count)
                buffer.writeBytes(bytes)
                front.counters.sentBytes &+= UInt64(bytes.count)
                context.write(wrapOutboundOut(buffer), promise: nil)
            }
            hasWritten = true
            http.resumeSending(into: self)
        }
        if hasWritten { context.flush() }
        if http.isClosed || http.isDrained { leave(context, isAllWritten: !http.hasOutput) }
    }

    /// Closes once the socket has taken what was written; at once would drop what it has not.
    ///
    /// A client that reads nothing is not waited for without end.
    private func leave(_ context: ChannelHandlerContext, isAllWritten: Bool) {
        if !isLeaving {
            isLeaving = true
            silentUntil = front.now + Limits.silenceNanosecondsMax
            timerAt = min(timerAt ?? silentUntil, silentUntil)
        }
        guard isAllWritten, !isCloseOrdered else { return }
        isCloseOrdered = true
        context.writeLast(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)))
    }

    private func flushPlain(_ context: ChannelHandlerContext) {
        var hasWritten = false
        repeat {
            // What is not carried waits at the server's end, which so learns that its client is slow.
            if context.channel.isWritable { carryGateway() }
            if context.channel.isWritable, writePlain(context) {
                hasWritten = true
                // Requests that waited for room behind the answers before them.
                servePlain()
            }
        } while (gatewayHasWork || hasPlainOutput) && context.channel.isWritable
        if hasWritten { context.flush() }
        if isTurnWanted {
            isTurnWanted = false
            front.requestTurn()
        }
        guard case .plain(let session) = mode, session.output.isEmpty else { return }
        if session.isFinished || front.isStopped && !session.isWaiting {
            leave(context, isAllWritten: true)
        }
    }

    /// Whether there was anything to write.
    private func writePlain(_ context: ChannelHandlerContext) -> Bool {
        guard case .plain(var session) = mode, !session.output.isEmpty else { return false }
        mode = .closed
        let buffer = context.channel.allocator.buffer(bytes: session.output)
        session.output = []
        mode = .plain(session)
        context.write(wrapOutboundOut(buffer), promise: nil)
        return true
    }

    var eventLoop: (any EventLoop)? { context?.eventLoop }

    func close() { context?.close(promise: nil) }

    /// The connection is gone; its calls with it.
    private func forget() {
        guard let number else { return }
        for place in calls.places {
            if let key = calls.key(at: place) { abandon(key) }
        }
        // Whatever waits for the client waits no longer.
        http.goAway(.noError, "the connection is gone")
        plainBytes = 0
        front.remove(number)
        self.number = nil
        context = nil
        mode = .closed
    }
}
