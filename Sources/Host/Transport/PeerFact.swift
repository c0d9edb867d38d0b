public import Model

/// Something about a connection between nodes that people may want to know.
public enum PeerFact: Sendable, Equatable {
    /// The peer has answered; this node's frames reach it.
    case connected(to: NodeID)

    case disconnected(from: NodeID, String)

    /// A ping's answer has come; how long after the ping, in nanoseconds.
    case roundTrip(to: NodeID, UInt64)

    /// This node was removed from the cluster, says a peer: it is to stop.
    case removed(by: NodeID)

    /// No connection came about, or an accepted one was closed; a sentence that says why.
    case refused(String)
}
