public import Bytes
public import Environment
public import Model
public import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PeerWire
internal import Synchronization

/// Connections between nodes.
///
/// Each node dials every other and sends its own frames on the connection that it dialled: two
/// connections a pair, each with one direction, and no question of whose it is. Both sides begin
/// with a `PeerHello`; then frames follow, each behind its length in four bytes, little-endian. A
/// length of zero is a ping, which the other side answers with the same; a side that hears nothing
/// for ten seconds closes the connection, and the dialling side dials again.
///
/// A frame that finds no connection or too long a queue is dropped: whoever sent it repeats what
/// matters. A frame that is damaged, or in another node's name, ends the connection.
public final class PeerTransport: Network, Sendable {
    private let settings: PeerTransportSettings
    private let group: any EventLoopGroup
    private let links = Mutex(Links())
    private let tell: @Sendable (PeerFact) -> Void
    private let office: PeerOffice
    private let serverTLS: NIOSSLContext?
    private let listener = Mutex<(any Channel)?>(nil)

    /// One a peer; they dial once the transport has started.
    private struct Links {
        var ofPeers: [NodeID: PeerLink] = [:]
        var isStarted = false
        var isStopped = false
    }

    /// `deliver` is called on the group's loops with each frame and the node that it came from, in
    /// the order in which that node sent them; `tell` with what happens to connections.
    public init(
        _ settings: PeerTransportSettings,
        on group: any EventLoopGroup,
        deliver: @escaping @Sendable (NodeID, ByteSlice) -> Void,
        tell: @escaping @Sendable (PeerFact) -> Void
    ) throws {
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        self.settings = settings
        self.group = group
        office = PeerOffice(settings, deliver: deliver, tell: tell)
        serverTLS = context
        self.tell = tell
        let peers = settings.peers.filter { $0.node != settings.own }
        links.withLock { links in
            for peer in peers { links.ofPeers[peer.node] = link(to: peer) }
        }
    }

    private func link(to peer: PeerAddress) -> PeerLink {
        PeerLink(to: peer, from: settings, tls: serverTLS, on: group.next(), tell: tell)
    }

    /// These are the peers from now on, at these addresses; the node itself is none, whatever is said.
    ///
    /// Connections to and from others are closed. Of those in `removed` that dial nevertheless, each
    /// is told that it was removed.
    public func connect(to peers: [PeerAddress], removed: [NodeID]) {
        let peers = peers.filter { $0.node != settings.own }
        office.admitOnly(Set(peers.map(\.node)), removed: Set(removed))
        let (opened, closed) = links.withLock { links in
            guard !links.isStopped else { return ([PeerLink](), [PeerLink]()) }
            let former = links.ofPeers
            links.ofPeers = [:]
            for peer in peers {
                let known = former[peer.node]
                links.ofPeers[peer.node] = known?.peer == peer ? known : link(to: peer)
            }
            let kept = Set(links.ofPeers.values.map(ObjectIdentifier.init))
            let known = Set(former.values.map(ObjectIdentifier.init))
            let opened = links.ofPeers.values.filter { !known.contains(ObjectIdentifier($0)) }
            return (
                links.isStarted ? opened : [],
                former.values.filter { !kept.contains(ObjectIdentifier($0)) }
            )
        }
        for link in closed { _ = link.stop() }
        for link in opened { link.start() }
    }

    /// Listens and begins to dial; the port that it listens on.
    public func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
            .bind(host: settings.host, port: settings.port).get()
        listener.withLock { $0 = channel }
        let opened = links.withLock { links in
            links.isStarted = true
            return Array(links.ofPeers.values)
        }
        for link in opened { link.start() }
        return channel.localAddress?.port ?? settings.port
    }

    /// Closes everything for good; the future tells when it is closed.
    @discardableResult
    public func stop() -> EventLoopFuture<Void> {
        let channel = listener.withLock { $0 }
        channel?.close(promise: nil)
        let open = links.withLock { links in
            links.isStopped = true
            return Array(links.ofPeers.values)
        }
        var closed = open.map { $0.stop() } + office.stop()
        if let channel { closed.append(channel.closeFuture) }
        return .andAllComplete(closed, on: group.next())
    }

    public func send(_ frame: ByteSlice, to node: NodeID) { link(of: node)?.send(frame) }

    private func link(of node: NodeID) -> PeerLink? { links.withLock { $0.ofPeers[node] } }

    /// Frames that were not sent, as there was no connection or the queue was full.
    public var droppedFrameCount: UInt64 {
        links.withLock { $0.ofPeers.values.reduce(0) { $0 &+ $1.droppedCount } }
    }

    /// The same, of those for one node.
    public func droppedFrameCount(for node: NodeID) -> UInt64 {
        link(of: node)?.droppedCount ?? 0
    }

    private func accept(_ channel: any Channel) throws {
        guard office.admit(channel) else { throw TooManyConnections() }
        if let serverTLS {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: serverTLS))
        }
        try channel.pipeline.syncOperations.addHandler(PeerReceiver(office))
    }
}

/// Closes the accepted connection.
struct TooManyConnections: Error {}
