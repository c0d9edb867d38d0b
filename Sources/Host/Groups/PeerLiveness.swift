internal import Model

/// Which of the other nodes are heard of.
///
/// Nodes greet each other with every heartbeat interval, once for all their groups; that stands in
/// for the heartbeats of groups that are quiescent.
struct PeerLiveness {
    private struct Peer {
        let node: NodeID
        var heardAt = Tick.zero
        var isSilent = false

        /// Its start that it was last heard in; nil if it never was.
        var boots: UInt64?
    }

    private var peers: [Peer]

    init(_ nodes: [NodeID]) { peers = nodes.map { Peer(node: $0) } }

    /// The cluster has other nodes; one that is new counts as heard of now.
    mutating func follow(_ nodes: [NodeID], at now: Tick) {
        peers = nodes.map { node in
            peers.first { $0.node == node } ?? Peer(node: node, heardAt: now)
        }
    }

    /// What a greeting changes.
    enum News {
        case none

        /// It was silent, and goes on where it was.
        case isBack

        /// It has started anew, so its replicas lead nothing.
        case hasRestarted
    }

    mutating func heard(_ node: NodeID, boots: UInt64, at now: Tick) -> News {
        guard let place = peers.firstIndex(where: { $0.node == node }) else { return .none }
        let known = peers[place].boots
        // A greeting from before its last start was on the way for long.
        if let known, boots < known { return .none }
        let wasSilent = peers[place].isSilent
        peers[place].heardAt = now
        peers[place].isSilent = false
        peers[place].boots = boots
        if boots != known { return .hasRestarted }
        return wasSilent ? .isBack : .none
    }

    /// The nodes that were heard of until now, and not for `ticks`.
    mutating func fallenSilent(at now: Tick, after ticks: Int) -> [NodeID] {
        var fallen: [NodeID] = []
        for place in peers.indices
        where !peers[place].isSilent && now >= peers[place].heardAt + ticks {
            peers[place].isSilent = true
            fallen.append(peers[place].node)
        }
        return fallen
    }

    /// True also of a node that is none of the peers.
    func isSilent(_ node: NodeID) -> Bool {
        peers.first { $0.node == node }?.isSilent ?? true
    }
}
