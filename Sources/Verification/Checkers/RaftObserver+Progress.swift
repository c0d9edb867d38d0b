public import Model

// Who leads, and what is applied.
extension RaftObserver {
    public mutating func becameLeader(
        _ node: NodeID,
        in term: Term,
        of group: GroupID
    ) throws(Violation) {
        try counts(group, from: node)
        let groupPlace = place(group)
        if let other = groups[groupPlace].leaders.last(where: { $0.term == term }),
            other.node != node
        {
            throw Violation(
                .electionSafety,
                "nodes \(other.node) and \(node) both lead group \(group) in term \(term)"
            )
        }
        let name = VoteName(term: term, candidate: node.number)
        let votes = groups[groupPlace].votes[name] ?? []
        guard configuration(of: place(group, node)).isQuorum(votes) else {
            throw Violation(
                .electionSafety,
                "node \(node) leads group \(group) in term \(term) with the votes of \(votes)"
            )
        }
        let place = place(group, node)
        // Whoever stands for election has all that he holds on disk, so this is his whole log.
        let firstIndex = replicas[place].log.lastIndex.next
        groups[groupPlace].leaders.append((term, node, firstIndex))
        let isOther = replicas.contains {
            $0.group == group && $0.node != node && $0.leads != nil
        }
        if isOther { leadersOverlapped += 1 }
        replicas[place].leads = term
        replicas[place].commitIndexAsLeader = nil
    }

    /// Whether a newer leader was elected than the one that this node takes itself for.
    public func leadsInVain(_ node: NodeID, _ group: GroupID) -> Bool {
        let replica = replicas.first { $0.group == group && $0.node == node }
        guard let term = replica?.leads else { return false }
        return replicas.contains { $0.group == group && $0.leads ?? .zero > term }
    }

    public mutating func lostLeadership(_ node: NodeID, of group: GroupID) {
        replicas[place(group, node)].leads = nil
    }

    /// A replica knows everything up to `index` to be committed.
    ///
    /// A leader finds that out by counting, and counts only entries of its own term; older ones are
    /// committed with them (§5.4.2). `wroteAll` as for `applied`.
    public mutating func committed(
        upTo index: LogIndex,
        in group: GroupID,
        on node: NodeID,
        wroteAll: Bool
    ) throws(Violation) {
        let place = place(group, node)
        let replica = replicas[place]
        guard let leads = replica.leads else { return }
        defer { replicas[place].commitIndexAsLeader = index }
        guard wroteAll, let before = replica.commitIndexAsLeader, index > before,
            let term = replica.log.term(at: index), term < leads
        else { return }
        throw Violation(
            .leaderCompleteness,
            "node \(node) leads group \(group) in term \(leads) and commits entry \(index) of term "
                + "\(term) by counting"
        )
    }

    /// A replica's log, as it has it in memory, ends with `index`; what it gave to its journal must,
    /// too, unless it holds something back.
    public func remembers(
        upTo index: LogIndex,
        in group: GroupID,
        on node: NodeID,
        wroteAll: Bool
    ) throws(Violation) {
        guard wroteAll,
            let replica = replicas.first(where: { $0.group == group && $0.node == node }),
            replica.log.lastIndex != index
        else { return }
        throw Violation(
            .logMatching,
            "node \(node)'s log of group \(group) ends at \(index) in memory and at "
                + "\(replica.log.lastIndex) in its journal"
        )
    }

    /// A replica takes its log for durable up to `index`: what it gave to its journal, its disk must
    /// have.
    ///
    /// A snapshot that was received may be ahead of what the journal was told.
    public func countsOn(
        _ index: LogIndex,
        in group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        guard let replica = replicas.first(where: { $0.group == group && $0.node == node }),
            let term = replica.log.term(at: index), !replica.durable.holds(index, term),
            index > replica.received || !replica.durable.covers(index),
            !replica.hasUnheardSnapshot
        else { return }
        throw Violation(
            .quorumDurability,
            "node \(node) takes entry \(index) of term \(term) in group \(group) for durable, though its "
                + "disk has that of term \(replica.durable.term(at: index) ?? .zero)"
        )
    }

    /// A replica has applied everything up to `index`.
    ///
    /// `wroteAll` says that it holds back nothing for its journal. Else its log is not known: a
    /// replica may apply what others have on disk before it has written it, or over what it wrote
    /// earlier; what it writes then must agree (`wrote` sees to that).
    public mutating func applied(
        upTo index: LogIndex,
        in group: GroupID,
        on node: NodeID,
        wroteAll: Bool
    ) throws(Violation) {
        let groupPlace = place(group)
        let place = place(group, node)
        guard index >= replicas[place].applied else {
            throw Violation(
                .stateMachineSafety,
                "node \(node)'s applied index of group \(group) went from "
                    + "\(replicas[place].applied) to \(index)"
            )
        }
        while replicas[place].applied < index {
            let next = replicas[place].applied.next
            let term = wroteAll ? replicas[place].log.term(at: next) : nil
            try apply(next, term, in: groupPlace, on: node)
            replicas[place].applied = next
        }
    }

    /// A replica's state now comes from a snapshot that its leader sent.
    public mutating func installed(
        _ index: LogIndex,
        in group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        let place = place(group, node)
        guard index > replicas[place].applied, index <= committedIndex(group) else {
            throw Violation(
                .stateMachineSafety,
                "node \(node) replaces its state at \(replicas[place].applied) of group \(group) "
                    + "by a snapshot at \(index)"
            )
        }
        replicas[place].applied = index
        replicas[place].received = index
    }

    /// `term` is that of the replica's own entry; nil if it is not known.
    private mutating func apply(
        _ index: LogIndex,
        _ term: Term?,
        in groupPlace: Int,
        on node: NodeID
    ) throws(Violation) {
        let group = groups[groupPlace].id
        let position = Int(index.number) - 1
        if position < groups[groupPlace].committed.count {
            guard term == nil || term == groups[groupPlace].committed[position].term else {
                throw Violation(
                    .stateMachineSafety,
                    "node \(node) applies another entry \(index) of group \(group) than others"
                )
            }
            return
        }
        guard let held = majorityTerm(at: index, in: group), term == nil || term == held else {
            throw Violation(
                .quorumDurability,
                "node \(node) applies entry \(index) of group \(group), term "
                    + "\(term.map { "\($0)" } ?? "unknown"), which no majority has on disk"
            )
        }
        let leads = replicas[place(group, node)].leads
        try commit(index, held, by: leads, in: groupPlace)
    }

    private mutating func commit(
        _ index: LogIndex,
        _ term: Term,
        by leads: Term?,
        in groupPlace: Int
    ) throws(Violation) {
        let group = groups[groupPlace].id
        let starts = groups[groupPlace].termStarts
        // An entry of an old term may well be committed by the leader of a new one (figure 8), but
        // not by a leader whose successor has begun without it.
        if let leads, let later = starts.last(where: { $0.term > leads && $0.index <= index }) {
            throw Violation(
                .leaderCompleteness,
                "entry \(index) of term \(term) in group \(group) is committed by the leader of "
                    + "term \(leads), though term \(later.term) began at \(later.index) without it"
            )
        }
        guard let written = groups[groupPlace].written[EntryName(index: index, term: term)] else {
            throw Violation(.stateMachineSafety, "nobody wrote entry \(index) of group \(group)")
        }
        groups[groupPlace].committed.append(
            ObservedEntry(term: term, payloadHash: written.payloadHash)
        )
        entriesCommitted += 1
    }

    /// The term of the entry that a majority of disks holds at this index.
    private func majorityTerm(at index: LogIndex, in group: GroupID) -> Term? {
        for candidate in replicas where candidate.group == group {
            guard let term = candidate.durable.term(at: index) else { continue }
            var holders: [NodeID] = []
            for replica in replicas
            where replica.group == group
                && (replica.durable.holds(index, term)
                    || replica.lost.contains { $0.holds(index, term) })
            { holders.append(replica.node) }
            if isCommittable(index, term, by: holders, in: group) { return term }
        }
        return nil
    }
}
