public import Model

/// Why two nodes do not talk to each other.
public enum PeerRefusal: Error, Sendable, Equatable {
    /// The first bytes are no hello of ours.
    case notAPeer

    case damagedHello
    case newerVersion(theirs: UInt16, newestOfOurs: UInt16)
    case otherCluster(theirs: ClusterID, ours: ClusterID)

    /// An address leads to another node than it should.
    case wrongNode(wanted: NodeID, reached: NodeID)

    /// The other side has no peer of that number.
    case unknownNode(NodeID, to: NodeID)

    /// A node was removed from the cluster, and is refused by this peer.
    case removedNode(NodeID, by: NodeID)
}

extension PeerRefusal: CustomStringConvertible {
    /// A sentence that says what is wrong and where to look.
    public var description: String {
        switch self {
        case .notAPeer:
            "The other side is no Martlet node: check that the address is a peer port, and whether "
                + "only one side uses TLS."
        case .damagedHello:
            "The other side's hello was damaged on its way."
        case .newerVersion(let theirs, let newestOfOurs):
            "The other node speaks version \(theirs) of the peer protocol, this one versions up to "
                + "\(newestOfOurs): upgrade this node."
        case .otherCluster(let theirs, let ours):
            "The other node belongs to cluster \(theirs), this one to cluster \(ours): check the "
                + "peers' addresses and the data directory."
        case .wrongNode(let wanted, let reached):
            "An address that should lead to node \(wanted) leads to node \(reached): check the "
                + "peers' addresses."
        case .unknownNode(let node, let peer):
            "Node \(peer) has no peer of number \(node): add the node to the cluster first."
        case .removedNode(let node, let peer):
            "Node \(node) was removed from the cluster, says node \(peer): its data is of no use any "
                + "more; to come back it joins as a new member, with an empty data directory."
        }
    }
}
