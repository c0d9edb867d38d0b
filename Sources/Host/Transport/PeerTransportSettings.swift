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

    /// Mutual TLS: both sides show a certificate that the other's authority has signed.
    public var tls: TLSConfiguration?

    public init(
        cluster: ClusterID, own: NodeID, host: String, port: Int, peers: [PeerAddress],
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

public struct PeerAddress: Sendable, Equatable {
    public var node: NodeID
    public var host: String
    public var port: Int

    public init(node: NodeID, host: String, port: Int) {
        self.node = node
        self.host = host
        self.port = port
    }
}

/// Something about a connection between nodes that people may want to know.
public enum PeerFact: Sendable, Equatable {
    case connected(to: NodeID)
    case disconnected(from: NodeID, String)
    case refused(String)
}
