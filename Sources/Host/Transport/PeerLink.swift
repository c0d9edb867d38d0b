internal import Bytes
internal import Model
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PeerWire
internal import Synchronization

/// The dialling side: keeps a connection to one peer and sends this node's frames on it.
final class PeerLink: Sendable {
    let peer: PeerAddress
    private let settings: PeerTransportSettings
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    private let tell: @Sendable (PeerFact) -> Void
    private let queue = Mutex(FrameQueue())
    private let state: NIOLoopBoundBox<State>

    /// On the link's loop only.
    private struct State {
        /// The connection, once the peer has answered the hello.
        var channel: (any Channel)?

        /// The connection of which that is not known yet.
        var dialled: (any Channel)?

        var pause: TimeAmount
        var isStopped = false
        var isFlushing = false
        var lastComplaint: String?
    }

    init(
        to peer: PeerAddress,
        from settings: PeerTransportSettings,
        tls: NIOSSLContext?,
        on loop: any EventLoop,
        tell: @escaping @Sendable (PeerFact) -> Void
    ) {
        self.peer = peer
        self.settings = settings
        self.tls = tls
        self.loop = loop
        self.tell = tell
        state = NIOLoopBoundBox.makeBoxSendingValue(
            State(pause: settings.timings.redialMin),
            eventLoop: loop
        )
    }

    var droppedCount: UInt64 { queue.withLock { $0.droppedCount } }

    func start() { loop.execute { self.dial() } }

    func stop() -> EventLoopFuture<Void> {
        loop.flatSubmit {
            self.state.value.isStopped = true
            self.queue.withLock { $0.close() }
            guard let channel = self.state.value.dialled else {
                return self.loop.makeSucceededVoidFuture()
            }
            channel.close(promise: nil)
            return channel.closeFuture
        }
    }

    /// Queues the frame; the loop is woken for the first of a batch only.
    func send(_ frame: ByteSlice) {
        guard queue.withLock({ $0.append(frame) }) else { return }
        loop.execute { self.flush() }
    }

    private func dial() {
        guard !state.value.isStopped else { return }
        let watermark = ChannelOptions.Types.WriteBufferWaterMark(
            low: Limits.writtenBytesMax / 2,
            high: Limits.writtenBytesMax
        )
        ClientBootstrap(group: loop)
            .connectTimeout(settings.timings.hello)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: watermark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.prepare(channel) }
            }
            .connect(host: peer.host, port: peer.port)
            .whenFailure { error in
                self.complain("cannot be reached: \(ConnectionFailure.sentence(of: error))")
                self.redial()
            }
    }

    private func prepare(_ channel: any Channel) throws {
        if let tls {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: peer.hostname)
            )
        }
        let hello = PeerHello(cluster: settings.cluster, source: settings.own, target: peer.node)
        let greeter = PeerGreeter(hello: hello, link: self, timings: settings.timings)
        try channel.pipeline.syncOperations.addHandler(greeter)
    }

    private func redial() {
        guard !state.value.isStopped else { return }
        let pause = state.value.pause
        state.value.pause = settings.timings.next(after: pause)
        loop.scheduleTask(in: PeerTimings.jittered(pause)) { self.dial() }
    }

    /// Says why there is no connection, once for each reason in a row.
    private func complain(_ reason: String) {
        guard !state.value.isStopped, state.value.lastComplaint != reason else { return }
        state.value.lastComplaint = reason
        tell(.refused("node \(peer.node) at \(peer.host):\(peer.port): \(reason)"))
    }
}

/// What the connection's handler tells its link, on the link's loop.
extension PeerLink {
    func dialled(_ channel: any Channel) {
        state.value.dialled = channel
        if state.value.isStopped { channel.close(promise: nil) }
    }

    /// The peer has answered the hello: frames may go.
    func opened(_ channel: any Channel) {
        state.value.channel = channel
        state.value.pause = settings.timings.redialMin
        state.value.lastComplaint = nil
        queue.withLock { $0.open() }
        tell(.connected(to: peer.node))
    }

    func removed(by node: NodeID) { tell(.removed(by: node)) }

    func pinged(_ roundTrip: TimeAmount) {
        tell(.roundTrip(to: peer.node, UInt64(max(0, roundTrip.nanoseconds))))
    }

    func closed(_ reason: String) {
        let wasOpen = state.value.channel != nil
        state.value.channel = nil
        state.value.dialled = nil
        queue.withLock { $0.close() }
        if wasOpen {
            tell(.disconnected(from: peer.node, reason))
        } else {
            complain(reason)
        }
        redial()
    }

    /// Writes what is queued, as long as the socket takes it; the rest waits for the handler's
    /// word.
    func flush() {
        guard let channel = state.value.channel, !state.value.isFlushing else { return }
        // A flush may make the channel writable again, and its handler call here from within.
        state.value.isFlushing = true
        defer { state.value.isFlushing = false }
        while channel.isWritable {
            let frames = queue.withLock { $0.take(upTo: Limits.bytesPerBufferMax) }
            guard !frames.isEmpty else { return }
            let byteCount = frames.reduce(0) { $0 + 4 + $1.count }
            var buffer = channel.allocator.buffer(capacity: byteCount)
            for frame in frames { FrameAssembler.write(frame, to: &buffer) }
            channel.writeAndFlush(buffer, promise: nil)
        }
    }
}
