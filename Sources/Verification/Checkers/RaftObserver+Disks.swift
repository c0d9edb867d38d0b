public import Model

// What replicas hand to their journals, what is on their disks, and what they read back.
extension RaftObserver {
    /// A replica hands entries, consecutive from `first`, to its journal; they replace its tail.
    ///
    /// Those from `replaced` on are replaced in their turn by what the same batch says later: they
    /// waited for a slow disk while others were committed in their place. They were promised to
    /// nobody, and a crash before the batch is whole finds what a crash before it would have.
    public mutating func wrote(
        _ entries: [ObservedEntry],
        from first: LogIndex,
        replacedFrom replaced: LogIndex? = nil,
        in group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        let place = place(group, node)
        let groupPlace = self.place(group)
        try checkAppendOnly(first, replicas[place])
        let term = replicas[place].log.term(at: first)
        if let term, term != entries.first?.term { suffixesCut += 1 }
        for (offset, entry) in entries.enumerated() {
            let index = first + offset
            if replaced.map({ index < $0 }) ?? true {
                try checkCommitted(entry, at: index, groups[groupPlace], replicas[place])
            }
            try note(entry, at: index, in: groupPlace, place)
            replicas[place].log.replace(from: index, with: [entry])
        }
    }

    private func checkAppendOnly(_ first: LogIndex, _ replica: ReplicaRecord) throws(Violation) {
        guard let term = replica.leads, replica.log.term(at: first) == term else { return }
        throw Violation(
            .leaderAppendOnly,
            "node \(replica.node) leads group \(replica.group) in term \(term) and rewrites its "
                + "entry \(first)"
        )
    }

    /// What a replica has applied it may write later, but must not contradict.
    private func checkCommitted(
        _ entry: ObservedEntry,
        at index: LogIndex,
        _ group: GroupRecord,
        _ replica: ReplicaRecord
    ) throws(Violation) {
        guard index <= replica.applied, index.number <= UInt64(group.committed.count),
            group.committed[Int(index.number) - 1] != entry
        else { return }
        throw Violation(
            .stateMachineSafety,
            "node \(replica.node) has applied entry \(index) of group \(group.id) and writes "
                + "another of term \(entry.term)"
        )
    }

    private mutating func note(
        _ entry: ObservedEntry,
        at index: LogIndex,
        in groupPlace: Int,
        _ place: Int
    ) throws(Violation) {
        let name = EntryName(index: index, term: entry.term)
        let written = WrittenEntry(
            payloadHash: entry.payloadHash,
            previousTerm: replicas[place].log.term(at: index.previous)
        )
        if let known = groups[groupPlace].written[name] {
            guard known.agrees(with: written) else {
                throw Violation(
                    .logMatching,
                    "group \(groups[groupPlace].id) has two different entries \(index) of term "
                        + "\(entry.term)"
                )
            }
            return
        }
        groups[groupPlace].written[name] = written
        guard !groups[groupPlace].termStarts.contains(where: { $0.term == entry.term }) else {
            return
        }
        groups[groupPlace].termStarts.append((entry.term, index))
        try checkComplete(entry.term, from: index, groups[groupPlace], replicas[place].log)
    }

    /// The first entry of a term is its leader's; what was committed before must precede it.
    private func checkComplete(
        _ term: Term,
        from index: LogIndex,
        _ group: GroupRecord,
        _ log: ObservedLog
    ) throws(Violation) {
        guard let last = group.committed.last, last.term < term else { return }
        let lastIndex = LogIndex(UInt64(group.committed.count))
        // Log matching carries this one entry to all before it.
        guard lastIndex < index, log.holds(lastIndex, last.term) else {
            throw Violation(
                .leaderCompleteness,
                "group \(group.id)'s leader of term \(term) begins at \(index) without entry "
                    + "\(lastIndex) of term \(last.term), which was committed"
            )
        }
    }

    /// A replica's term and vote go to its journal; zero is no vote.
    public mutating func voted(
        _ candidate: UInt64,
        in term: Term,
        of group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        let place = place(group, node)
        let last = replicas[place].vote
        guard term >= last.term else {
            throw Violation(
                .durableVote,
                "node \(node)'s term in group \(group) went from \(last.term) to \(term)"
            )
        }
        guard term > last.term || last.candidate == 0 || last.candidate == candidate else {
            throw Violation(
                .durableVote,
                "node \(node) voted for \(last.candidate) and \(candidate) in term \(term) of "
                    + "group \(group)"
            )
        }
        replicas[place].vote = (term, candidate)
        if candidate != 0 { groups[self.place(group)].votedTerms.insert(term) }
    }

    /// A sync ended: these entries are on disk and replace what followed them there.
    public mutating func synced(
        _ entries: [ObservedEntry],
        from first: LogIndex,
        in group: GroupID,
        on node: NodeID
    ) {
        let place = place(group, node)
        replicas[place].durable.replace(from: first, with: entries)
        replicas[place].durableMax = max(
            replicas[place].durableMax,
            replicas[place].durable.lastIndex
        )
    }

    /// A snapshot that covers all up to `index` goes to the replica's journal; what follows it
    /// without a gap and from the same entry stays.
    public mutating func covered(
        _ index: LogIndex,
        _ term: Term,
        in group: GroupID,
        on node: NodeID
    ) {
        let place = place(group, node)
        let before = replicas[place].log
        replicas[place].log.cover(upTo: index, term)
        guard index == replicas[place].received, index < before.lastIndex else { return }
        if before.term(at: index) == term {
            suffixesKeptBehindSnapshots += 1
        } else {
            suffixesLostToSnapshots += 1
        }
    }

    /// A snapshot is on the replica's disk.
    public mutating func coveredDurably(
        _ index: LogIndex,
        _ term: Term,
        in group: GroupID,
        on node: NodeID
    ) {
        let place = place(group, node)
        replicas[place].durable.cover(upTo: index, term)
        replicas[place].durableMax = max(replicas[place].durableMax, index)
    }

    /// A node came up with this log; all that had been synced must be in it.
    public mutating func recovered(
        _ entries: [ObservedEntry],
        after snapshot: LogIndex,
        _ snapshotTerm: Term,
        in group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        let place = place(group, node)
        var log = ObservedLog()
        log.cover(upTo: snapshot, snapshotTerm)
        log.replace(from: snapshot.next, with: entries)
        // A snapshot may have got its name just before the process died, which could not say so.
        if isCommitted(snapshot, snapshotTerm, in: group) {
            replicas[place].durable.cover(upTo: snapshot, snapshotTerm)
        }
        try checkRecovered(log, after: snapshot, replicas[place])
        replicas[place].log = log
        replicas[place].durable = log
        replicas[place].durableMax = log.lastIndex
        replicas[place].applied = snapshot
        replicas[place].leads = nil
    }

    private mutating func isCommitted(_ index: LogIndex, _ term: Term, in group: GroupID) -> Bool {
        let committed = groups[place(group)].committed
        let position = Int(index.number) - 1
        return committed.indices.contains(position) && committed[position].term == term
    }

    private func checkRecovered(
        _ log: ObservedLog,
        after snapshot: LogIndex,
        _ replica: ReplicaRecord
    ) throws(Violation) {
        for index in replica.durable.indices where index > snapshot {
            let term = log.term(at: index)
            guard term != replica.durable.term(at: index) else { continue }
            // A later, unsynced write may have survived the crash and replaced what was synced.
            if term != nil, term == replica.log.term(at: index) { return }
            throw Violation(
                .recovery,
                "node \(replica.node) had synced group \(replica.group) to "
                    + "\(replica.durable.lastIndex) and came up with \(log.lastIndex), entry "
                    + "\(index) of term \(term.map { "\($0)" } ?? "none")"
            )
        }
    }

    /// A term and vote are on disk; zero is no vote.
    public mutating func syncedVote(
        _ candidate: UInt64,
        in term: Term,
        of group: GroupID,
        on node: NodeID
    ) {
        replicas[place(group, node)].durableVote = (term, candidate)
        noteVote(candidate, in: term, of: group, on: node)
    }

    private mutating func noteVote(
        _ candidate: UInt64,
        in term: Term,
        of group: GroupID,
        on node: NodeID
    ) {
        guard candidate != 0 else { return }
        let name = VoteName(term: term, candidate: candidate)
        let groupPlace = place(group)
        guard !(groups[groupPlace].votes[name] ?? []).contains(node) else { return }
        groups[groupPlace].votes[name, default: []].append(node)
    }

    /// A node came up with this term and vote; neither may have gone back behind what was synced.
    public mutating func recoveredVote(
        _ candidate: UInt64,
        in term: Term,
        of group: GroupID,
        on node: NodeID
    ) throws(Violation) {
        let place = place(group, node)
        let synced = replicas[place].durableVote
        let isKept =
            term > synced.term
            || (term == synced.term && (synced.candidate == 0 || synced.candidate == candidate))
        guard isKept else {
            throw Violation(
                .recovery,
                "node \(node) had synced term \(synced.term) and a vote for \(synced.candidate) "
                    + "of group \(group), and came up with \(term) and \(candidate)"
            )
        }
        // What was not synced never was, a vote among it; what survived all the same counts from now
        // on, for whoever asks again.
        replicas[place].vote = (term, candidate)
        replicas[place].durableVote = (term, candidate)
        noteVote(candidate, in: term, of: group, on: node)
    }
}
