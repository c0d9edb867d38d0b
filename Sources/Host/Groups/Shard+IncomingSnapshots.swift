internal import Bytes
internal import Journal
internal import Keyspace
internal import Model
internal import PeerWire
internal import RaftCore

// The follower's side of a snapshot transfer: chunks are written in order; the last one makes the
// file whole, durable and checked before the group's state is replaced.
extension Shard {
    func accept(_ chunk: SnapshotChunk, from node: NodeID, in group: Group) {
        guard chunk.leader == ReplicaID(node.number), chunk.term >= group.raft.term,
            chunk.mark.index > group.raft.commitIndex
        else { return report(chunk.mark, .done, received: chunk.totalBytes, to: node, in: group) }
        guard group.snapshots.incoming?.isWriting != true else { return }
        if chunk.offset == 0 {
            group.snapshots.incoming = IncomingSnapshot(
                mark: chunk.mark,
                leader: chunk.leader,
                term: chunk.term,
                received: 0,
                lastProgress: tick,
                isWriting: false
            )
        }
        guard var incoming = group.snapshots.incoming, incoming.mark == chunk.mark,
            incoming.leader == chunk.leader, incoming.received == chunk.offset
        else { return }
        incoming.received += UInt64(chunk.bytes.count)
        incoming.lastProgress = tick
        incoming.isWriting = true
        group.snapshots.incoming = incoming
        effects.snapshotJobs.append(
            .receive(
                group.id,
                chunk.mark,
                offset: chunk.offset,
                totalBytes: chunk.totalBytes,
                bytes: chunk.bytes
            )
        )
    }

    func acknowledge(_ mark: SnapshotMark, _ received: UInt64, in group: Group) {
        guard let incoming = group.snapshots.incoming, incoming.mark == mark else { return }
        group.snapshots.incoming?.isWriting = false
        report(mark, .more, received: received, to: NodeID(incoming.leader.number), in: group)
    }

    /// The snapshot is whole and durable: the group's state is now the leader's.
    func install(_ mark: SnapshotMark, _ source: SnapshotSource, in group: Group) {
        guard let incoming = group.snapshots.incoming, incoming.mark == mark else { return }
        group.snapshots.incoming = nil
        let leader = NodeID(incoming.leader.number)
        guard mark.index > group.raft.commitIndex else {
            return report(mark, .done, received: incoming.received, to: leader, in: group)
        }
        guard replaceState(of: group, with: source) else {
            return report(mark, .refused, received: incoming.received, to: leader, in: group)
        }
        group.proposals.noteSnapshot()
        // The same rule as Raft's: a log that agrees at the mark is kept behind it.
        let isInLog = group.raft.term(at: mark.index) == mark.term
        journal.dropEntries(of: group.id, upTo: isInLog ? mark.index : LogIndex(.max))
        group.raft.snapshotReceived(mark, from: incoming.leader, term: incoming.term)
        group.snapshots.entriesSince = 0
        group.snapshots.bytesSince = 0
        group.snapshots.lastBytes = Int(clamping: incoming.received)
        noteMark(mark, replacesLog: !isInLog, in: group)
        report(mark, .done, received: incoming.received, to: leader, in: group)
        effects.facts.append(.snapshotInstalled(group.id, mark.index))
    }

    private func replaceState(of group: Group, with source: SnapshotSource) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotInstallKeepsOldState { return true }
        #endif
        guard group.machine.replace(with: source) else { return false }
        switch source {
        case .control:
            noteMembers()
            #if MARTLET_MUTANTS
            if settings.mutant == .snapshotsKeyspacesAreMissed { return true }
            #endif
            groupChanges.isImageNew = true
            learnRegisteredLives()
        case .keyspace, .partition, .coordinator:
            if let time = source.time { group.time.observe(time, at: now) }
        }
        return true
    }

    /// A leader that is gone sends no more; what it began must not keep this node from taking
    /// snapshots of its own.
    func giveUpIncoming(_ group: Group) {
        guard let incoming = group.snapshots.incoming, !incoming.isWriting,
            incoming.lastProgress + settings.snapshotStallTicks < tick
        else { return }
        group.snapshots.incoming = nil
    }

    func refuseIncoming(_ mark: SnapshotMark, in group: Group) {
        guard let incoming = group.snapshots.incoming, incoming.mark == mark else { return }
        group.snapshots.incoming = nil
        report(
            mark,
            .refused,
            received: incoming.received,
            to: NodeID(incoming.leader.number),
            in: group
        )
    }

    private func report(
        _ mark: SnapshotMark,
        _ verdict: SnapshotProgress.Verdict,
        received: UInt64,
        to node: NodeID,
        in group: Group
    ) {
        let progress = SnapshotProgress(index: mark.index, received: received, verdict: verdict)
        send(.snapshotProgress(group.id, progress), to: node)
    }
}
