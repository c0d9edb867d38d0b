public import Model
public import NIOSSL

/// Whom a node's transport talks to, and as whom.
public struct PeerTransportSettings: Sendable {
    public var cluster: ClusterID
    public var own: NodeID

    /// Where this node listens; port 0 takes a free one.
    public var host: String
    public var port: Int

    /// The other nodes.
    public var peers: [PeerAddress]

    /// As `PeerTLS` makes it; nil: the nodes talk in plain text and trust the network.
    public var tls: TLSConfiguration?

    var timings = PeerTimings()

    public init(
        cluster: ClusterID,
        own: NodeID,
        host: String,
        port: Int,
        peers: [PeerAddress],
        tls: TLSConfiguration? = nil
    ) {
        self.cluster = cluster
        self.own = own
        self.host = host
        self.port = port
        self.peers = peers
        self.tls = tls
    }
}
