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
    private let links: [NodeID: PeerLink]
    private let office: PeerOffice
    private let serverTLS: NIOSSLContext?
    private let listener = Mutex<(any Channel)?>(nil)

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
        var links: [NodeID: PeerLink] = [:]
        for peer in settings.peers where peer.node != settings.own {
            links[peer.node] = PeerLink(
                to: peer,
                from: settings,
                tls: context,
                on: group.next(),
                tell: tell
            )
        }
        self.links = links
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
        for link in links.values { link.start() }
        return channel.localAddress?.port ?? settings.port
    }

    /// Closes everything for good; the future tells when it is closed.
    @discardableResult
    public func stop() -> EventLoopFuture<Void> {
        let channel = listener.withLock { $0 }
        channel?.close(promise: nil)
        var closed = links.values.map { $0.stop() } + office.stop()
        if let channel { closed.append(channel.closeFuture) }
        return .andAllComplete(closed, on: group.next())
    }

    public func send(_ frame: ByteSlice, to node: NodeID) { links[node]?.send(frame) }

    /// Frames that were not sent, as there was no connection or the queue was full.
    public var droppedFrameCount: UInt64 {
        links.values.reduce(0) { $0 &+ $1.droppedCount }
    }

    /// The same, of those for one node.
    public func droppedFrameCount(for node: NodeID) -> UInt64 { links[node]?.droppedCount ?? 0 }

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
