public import Bytes
public import Environment
public import Model
public import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PeerWire

/// Connections between nodes.
///
/// Each node dials every other and sends its own frames on the connection that it dialled: two
/// connections a pair, each with one direction, and no question of whose it is. Both sides begin
/// with a `PeerHello`; then frames follow, each behind its length in four bytes, little-endian.
/// A frame that finds no connection or too long a queue is dropped: whoever sent it repeats what
/// matters.
public final class PeerTransport: Network, Sendable {
    private let settings: PeerTransportSettings
    private let group: any EventLoopGroup
    private let links: [NodeID: PeerLink]
    private let deliver: @Sendable (NodeID, ByteSlice) -> Void
    private let tell: @Sendable (PeerFact) -> Void
    private let serverTLS: NIOSSLContext?

    /// `deliver` is called on the group's loops with each frame and the node that it came from.
    public init(
        _ settings: PeerTransportSettings, on group: any EventLoopGroup,
        deliver: @escaping @Sendable (NodeID, ByteSlice) -> Void,
        tell: @escaping @Sendable (PeerFact) -> Void
    ) throws {
        let context = try settings.tls.map { try NIOSSLContext(configuration: $0) }
        self.settings = settings
        self.group = group
        self.deliver = deliver
        self.tell = tell
        serverTLS = context
        var links: [NodeID: PeerLink] = [:]
        for peer in settings.peers where peer.node != settings.own {
            links[peer.node] = PeerLink(
                to: peer, from: settings, tls: context, on: group.next(), tell: tell)
        }
        self.links = links
    }

    /// Listens and begins to dial; the port that it listens on.
    public func start() async throws -> Int {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
            .bind(host: settings.host, port: settings.port).get()
        for link in links.values { link.start() }
        return listener.localAddress?.port ?? settings.port
    }

    public func stop() {
        for link in links.values { link.stop() }
    }

    public func send(_ frame: ByteSlice, to node: NodeID) { links[node]?.send(frame) }

    private func accept(_ channel: any Channel) throws {
        if let serverTLS {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: serverTLS))
        }
        let known = Set(links.keys)
        try channel.pipeline.syncOperations.addHandler(
            PeerReceiver(
                cluster: settings.cluster, own: settings.own, isKnown: { known.contains($0) },
                deliver: deliver, tell: tell))
    }
}
