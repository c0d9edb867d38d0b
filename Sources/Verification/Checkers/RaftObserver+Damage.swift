public import Model

// Disks that lose what they had. A replica that has lost something has no voice until it has all back
// that it may have promised by it.
extension RaftObserver {
    /// A node has found that its disk has lost something of this group; what it had is remembered.
    public mutating func diskLost(_ group: GroupID, on node: NodeID) {
        let place = place(group, node)
        replicas[place].lost.append(replicas[place].durable)
        replicas[place].durable = ObservedLog()
        replicas[place].durableVote = (.zero, 0)
    }

    /// A node says that its replica is whole again: its disk must reach as far as it ever did.
    public mutating func repaired(_ group: GroupID, on node: NodeID) throws(Violation) {
        let place = place(group, node)
        let durable = replicas[place].durable
        for lost in replicas[place].lost where !durable.isUpToDate(with: lost) {
            throw Violation(
                .repair,
                "node \(node) takes group \(group) for repaired at \(durable.lastIndex), though its "
                    + "disk had \(lost.lastIndex) of term \(lost.lastTerm)"
            )
        }
        replicas[place].lost = []
    }

    /// A start finds a replica whole in which an earlier one missed something.
    ///
    /// It may be right: when the power takes back a deletion that was not synced, an older snapshot is
    /// there again, and the log behind it.
    public mutating func foundWhole(_ group: GroupID, on node: NodeID) {
        let place = place(group, node)
        let durable = replicas[place].durable
        guard replicas[place].lost.allSatisfy({ durable.isUpToDate(with: $0) }) else { return }
        replicas[place].lost = []
    }

    /// A replica says something that counts for a majority.
    public func counts(_ group: GroupID, from node: NodeID) throws(Violation) {
        let replica = replicas.first { $0.group == group && $0.node == node }
        guard let replica, !replica.lost.isEmpty else { return }
        throw Violation(
            .repair,
            "node \(node) has a voice in group \(group), though its disk has lost part of it"
        )
    }
}
