public import Model

// What replicas promise each other must be on their disks by then (§5.1, thesis §3.8).
extension RaftObserver {
    /// A vote goes out.
    public func sendsVote(
        for candidate: UInt64,
        in term: Term,
        of group: GroupID,
        from node: NodeID
    ) throws(Violation) {
        guard let replica = replicas.first(where: { $0.group == group && $0.node == node }) else {
            throw Violation(.durableVote, "node \(node) votes in group \(group), unheard of")
        }
        let durable = replica.durableVote
        guard durable.term > term || durable == (term, candidate) else {
            throw Violation(
                .durableVote,
                "node \(node) votes for \(candidate) in term \(term) of group \(group); on its disk "
                    + "is a vote for \(durable.candidate) in term \(durable.term)"
            )
        }
    }

    /// An acknowledgement of everything up to `index` goes out.
    public func acknowledges(
        _ index: LogIndex,
        in group: GroupID,
        from node: NodeID
    ) throws(Violation) {
        let replica = replicas.first { $0.group == group && $0.node == node }
        let durable = replica?.durable.lastIndex ?? .zero
        guard index <= durable else {
            throw Violation(
                .quorumDurability,
                "node \(node) acknowledges entry \(index) of group \(group), though its disk has "
                    + "only \(durable)"
            )
        }
    }
}
