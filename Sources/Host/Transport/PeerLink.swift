internal import Bytes
internal import Model
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PeerWire
internal import Synchronization

/// The dialling side: keeps a connection to one peer and sends this node's frames on it.
final class PeerLink: Sendable {
    private let peer: PeerAddress
    private let settings: PeerTransportSettings
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    private let tell: @Sendable (PeerFact) -> Void
    private let queue = Mutex(FrameQueue())
    private let state: NIOLoopBoundBox<State>

    /// On the link's loop only.
    private struct State {
        var channel: (any Channel)?
        var pauseMilliseconds = Limits.redialMillisecondsMin
        var isStopped = false
        var lastComplaint: String?
    }

    init(
        to peer: PeerAddress, from settings: PeerTransportSettings, tls: NIOSSLContext?,
        on loop: any EventLoop, tell: @escaping @Sendable (PeerFact) -> Void
    ) {
        self.peer = peer
        self.settings = settings
        self.tls = tls
        self.loop = loop
        self.tell = tell
        state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: loop)
    }

    func start() { loop.execute { self.dial() } }

    func stop() {
        loop.execute {
            self.state.value.isStopped = true
            self.state.value.channel?.close(promise: nil)
        }
    }

    /// Queues the frame; the loop is woken for the first of a batch only.
    func send(_ frame: ByteSlice) {
        guard queue.withLock({ $0.append(frame) }) else { return }
        if loop.inEventLoop { flush() } else { loop.execute { self.flush() } }
    }

    private func dial() {
        guard !state.value.isStopped else { return }
        let hello = PeerHello(
            cluster: settings.cluster, source: settings.own, target: peer.node)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(Limits.helloSecondsMax))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.prepare(channel, hello) }
            }
            .connect(host: peer.host, port: peer.port)
            .whenFailure { _ in self.redial() }
    }

    private func prepare(_ channel: any Channel, _ hello: PeerHello) throws {
        if let tls {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: nil))
        }
        try channel.pipeline.syncOperations.addHandler(PeerGreeter(hello: hello, link: self))
    }

    /// After a pause, longer each time, with jitter so that nodes do not dial in step.
    private func redial() {
        guard !state.value.isStopped else { return }
        let pause = state.value.pauseMilliseconds
        state.value.pauseMilliseconds = min(pause * 2, Limits.redialMillisecondsMax)
        let jittered = pause + Int64(peer.node.number % UInt64(pause))
        loop.scheduleTask(in: .milliseconds(jittered / 2 + 1)) { self.dial() }
    }

    /// The peer has answered the hello: frames may go.
    func opened(_ channel: any Channel) {
        state.value.channel = channel
        state.value.pauseMilliseconds = Limits.redialMillisecondsMin
        state.value.lastComplaint = nil
        tell(.connected(to: peer.node))
        flush()
    }

    func closed(_ reason: String) {
        let wasOpen = state.value.channel != nil
        state.value.channel = nil
        // Frames of before are stale by the time the peer is back.
        queue.withLock { $0.removeAll() }
        if wasOpen {
            tell(.disconnected(from: peer.node, reason))
        } else if state.value.lastComplaint != reason {
            state.value.lastComplaint = reason
            tell(.refused("node \(peer.node) at \(peer.host):\(peer.port): \(reason)"))
        }
        redial()
    }

    /// Writes what is queued, as long as the socket takes it.
    func flush() {
        guard let channel = state.value.channel, channel.isWritable else {
            queue.withLock { $0.sleep(connected: state.value.channel != nil) }
            return
        }
        let frames = queue.withLock { $0.takeAll() }
        guard !frames.isEmpty else { return }
        for frame in frames {
            var buffer = channel.allocator.buffer(capacity: 4 + frame.count)
            buffer.writeInteger(UInt32(frame.count), endianness: .little)
            frame.withUnsafeBytes { _ = buffer.writeBytes($0) }
            channel.write(buffer, promise: nil)
        }
        channel.flush()
    }
}

/// Frames that wait for one peer, bounded.
struct FrameQueue {
    private var frames: [ByteSlice] = []
    private var byteCount = 0

    /// Whether to wake the loop; a frame beyond the bound is dropped.
    mutating func append(_ frame: ByteSlice) -> Bool {
        guard byteCount + frame.count <= Limits.queuedBytesMax else { return false }
        byteCount += frame.count
        frames.append(frame)
        return frames.count == 1
    }

    mutating func takeAll() -> [ByteSlice] {
        defer { removeAll() }
        return frames
    }

    /// Without a connection nothing waits.
    mutating func sleep(connected: Bool) {
        if !connected { removeAll() }
    }

    mutating func removeAll() {
        frames = []
        byteCount = 0
    }
}
