public import Model
internal import NIOCore

/// A peer, and where it listens.
public struct PeerAddress: Sendable, Equatable {
    public var node: NodeID
    public var host: String
    public var port: Int

    public init(node: NodeID, host: String, port: Int) {
        self.node = node
        self.host = host
        self.port = port
    }

    /// The name to be found in the peer's certificate; nil if its address is to be found there.
    var hostname: String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
