internal import Controller
public import Model
internal import PeerWire
internal import RaftCore

/// Who leads the groups of which this node holds no replica, as their leaders have said.
///
/// Nothing that must be right rests on it: a client that is sent to a node that leads no more is sent
/// on from there.
struct DistantLeaders {
    struct Leader {
        var node: NodeID
        var term: Term
    }

    private var leaders: [GroupID: Leader] = [:]

    subscript(group: GroupID) -> Leader? { leaders[group] }

    /// News of an earlier term were on the way for long.
    mutating func note(_ node: NodeID, leads group: GroupID, in term: Term) {
        guard leaders[group].map({ $0.term <= term }) ?? true else { return }
        leaders[group] = Leader(node: node, term: term)
    }

    mutating func forget(_ group: GroupID) { leaders[group] = nil }
}

// A group whose replicas are on some of the nodes is known by those alone. Its leader tells the others
// that it leads: when it begins to, when one of them comes, and again from time to time.
extension Shard {
    /// The node that leads a group, whoever holds it, and its term; nil if nobody is known to.
    public func leader(of group: GroupID) -> (node: NodeID, term: Term)? {
        if let status = status(group) {
            return status.leader.map { ($0, status.term) }
        }
        return distantLeaders[group].map { ($0.node, $0.term) }
    }

    func note(_ node: NodeID, leads group: GroupID, in term: Term) {
        // What is not known yet is told again; what was made up would be kept for ever.
        guard place(of: group) == nil, metadata?.hasGiven(group) ?? false else { return }
        distantLeaders.note(node, leads: group, in: term)
    }

    func tellDistantPeers() {
        let heartbeats = tick.number / UInt64(settings.raft.heartbeatTicks)
        guard heartbeats % UInt64(Limits.heartbeatsBetweenTellings) == 0 else { return }
        for peer in peers { tellLeaderships(to: peer) }
    }

    func tellLeaderships(to node: NodeID) {
        for group in groups where group.isLeader { tellLeadership(of: group, to: node) }
    }

    func tellLeadership(of group: Group, to node: NodeID) {
        guard let replicas = group.replicas, !replicas.contains(node) else { return }
        send(.leads(group.id, group.raft.term), to: node)
    }
}
