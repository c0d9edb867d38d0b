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
        try counts(group, from: node)
        let durable = replica.durableVote
        guard durable.term > term || durable == (term, candidate) else {
            throw Violation(
                .durableVote,
                "node \(node) votes for \(candidate) in term \(term) of group \(group); on its disk "
                    + "is a vote for \(durable.candidate) in term \(durable.term)"
            )
        }
    }

    /// An acknowledgement of everything up to `index` goes out to the leader of `term`.
    ///
    /// On the disk must be that leader's entry: that there is one of this index is not enough. But one
    /// sync may cover the entry, a later term, and what replaced the entry, or all from before it on,
    /// in that term. Such a belated answer harms nobody: whoever won the later term had the entry, or
    /// needed no vote of this node.
    public func acknowledges(
        _ index: LogIndex,
        in term: Term,
        of group: GroupID,
        from node: NodeID
    ) throws(Violation) {
        let replica = replicas.first { $0.group == group && $0.node == node }
        let durable = replica?.durable ?? ObservedLog()
        guard !(replica?.hasUnheardSnapshot ?? false) else { return }
        let isBelated = replica?.durableVote.term ?? .zero > term
        let held = isBelated ? replica?.durableMax ?? .zero : durable.lastIndex
        guard index <= held else {
            throw Violation(
                .quorumDurability,
                "node \(node) acknowledges entry \(index) of group \(group), though its disk has "
                    + "only \(durable.lastIndex)"
            )
        }
        guard let expected = leadersEntry(at: index, in: term, of: group),
            !durable.holds(index, expected), !isBelated
        else { return }
        throw Violation(
            .quorumDurability,
            "node \(node) acknowledges entry \(index) of term \(expected) in group \(group), though "
                + "its disk has that of term \(durable.term(at: index) ?? .zero)"
        )
    }

    /// The term of the entry that the leader of `term` has at this index; nil if that is not known.
    private func leadersEntry(at index: LogIndex, in term: Term, of group: GroupID) -> Term? {
        guard
            let leader = groups.first(where: { $0.id == group })?.leaders.last(where: {
                $0.term == term
            })
        else { return nil }
        if index >= leader.firstIndex { return term }
        let replica = replicas.first { $0.group == group && $0.node == leader.node }
        guard let replica, replica.leads == term else { return nil }
        return replica.log.term(at: index)
    }
}
