internal import Bytes
internal import Journal
internal import Model
internal import PeerWire
internal import RaftCore

// Snapshots: taken of a copy, off the shard; streamed to followers that are too far behind, a chunk
// at a time; and marked in the journal, which may then forget what they cover.
extension Shard {
    /// Takes a snapshot once enough was applied since the last, or if it holds up the journal.
    func considerSnapshot(_ group: Group) {
        let snapshots = group.snapshots
        guard !snapshots.isSaving, snapshots.incoming == nil, !snapshots.isStreaming,
            snapshots.isWanted || isSnapshotDue(group)
        else { return }
        #if MARTLET_MUTANTS
        let index = misnamedIndex(of: group)
        #else
        let index = group.raft.appliedIndex
        #endif
        // A snapshot that went further than this disk's log would leave a gap behind it.
        guard isCovered(index, in: group), let term = group.raft.term(at: index) else { return }
        let mark = SnapshotMark(
            index: index,
            term: term,
            configuration: configuration(at: index, of: group)
        )
        group.snapshots.isSaving = true
        group.snapshots.isWanted = false
        group.snapshots.entriesSince = 0
        group.snapshots.bytesSince = 0
        effects.snapshotJobs.append(.save(group.id, mark, group.machine.source))
    }

    #if MARTLET_MUTANTS
    private func misnamedIndex(of group: Group) -> LogIndex {
        let index = group.raft.appliedIndex
        if settings.mutant == .snapshotNamesEarlierIndex, index > group.raft.snapshot.index.next {
            return LogIndex(index.number - 1)
        }
        return index
    }
    #endif

    private func configuration(at index: LogIndex, of group: Group) -> GroupConfiguration {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotHasLatestConfiguration { return group.raft.configuration }
        #endif
        return group.raft.configuration(at: index)
    }

    /// A snapshot writes the whole state: a large one waits until a good part of the last one's size
    /// was logged, so that writing it does not become the node's main work.
    private func isSnapshotDue(_ group: Group) -> Bool {
        let snapshots = group.snapshots
        guard
            snapshots.entriesSince >= settings.snapshotEntries
                || snapshots.bytesSince >= settings.snapshotBytes
        else { return false }
        let logged = snapshots.bytesSince + snapshots.entriesSince * Limits.entryOverheadBytes
        return logged >= snapshots.lastBytes / Limits.snapshotStateShare
    }

    /// The journal cannot let go of its oldest files because of these groups, which write little.
    ///
    /// Not if the snapshot would be larger than what it frees: two large groups would make each other
    /// take snapshots without end.
    func wantSnapshots(of ids: [GroupID], pinning bytes: Int) {
        for id in ids {
            withGroup(id) { group in
                group.snapshots.isWanted =
                    group.raft.appliedIndex > group.raft.snapshot.index
                    && group.snapshots.lastBytes <= bytes
            }
        }
    }

    private func isCovered(_ index: LogIndex, in group: Group) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotBeyondDurableLog { return true }
        #endif
        return index <= group.raft.durableIndex
    }

    func completedSnapshot(_ completion: StorageCompletion) {
        switch completion {
        case .snapshotSaved(let id, let mark, let byteCount): saved(mark, byteCount, of: id)
        case .snapshotNotSaved(let id, _, let reason):
            withGroup(id) { $0.snapshots.isSaving = false }
            effects.facts.append(.snapshotFailed(id, reason))
        case .snapshotRead(let id, let mark, let offset, let totalBytes, let bytes, let target):
            withGroup(id) {
                sendChunk(mark, offset, of: totalBytes, bytes, to: target, in: $0)
            }
        case .snapshotUnreadable(let id, let mark, let target, let reason):
            withGroup(id) { group in
                pause(mark, to: target, in: group)
                // What cannot be read now may never be: a save that failed after its file had its
                // name has left the file before it unreadable.
                if group.raft.appliedIndex > group.raft.snapshot.index {
                    group.snapshots.isWanted = true
                }
            }
            effects.facts.append(.snapshotFailed(id, reason))
        case .snapshotChunkReceived(let id, let mark, let received):
            withGroup(id) { acknowledge(mark, received, in: $0) }
        case .snapshotReceived(let id, let mark, let source):
            withGroup(id) { install(mark, source, in: $0) }
        case .snapshotsDropped: return
        case .snapshotChunkRefused(let id, let mark, let reason):
            withGroup(id) { refuseIncoming(mark, in: $0) }
            effects.facts.append(.snapshotFailed(id, reason))
        case .appended, .full, .failed, .pinned, .coldFiles, .scrubbed, .groupDropped,
            .groupNotDropped:
            preconditionFailure("a completion of the journal's")
        }
    }

    private func withGroup(_ id: GroupID, _ body: (Group) -> Void) {
        guard let place = place(of: id) else { return }
        body(groups[place])
        touch(place)
    }

    private func saved(_ mark: SnapshotMark, _ byteCount: Int, of id: GroupID) {
        withGroup(id) { group in
            group.snapshots.isSaving = false
            group.snapshots.lastBytes = byteCount
            group.raft.snapshotTaken(mark)
            noteMark(mark, in: group)
        }
        effects.facts.append(.snapshotTaken(id, mark.index))
    }

    /// The journal hears of the snapshot with the batch that it gathers.
    func noteMark(_ mark: SnapshotMark, replacesLog: Bool = false, in group: Group) {
        journal.gather(
            JournalMark(
                group: group.id,
                index: mark.index,
                term: mark.term,
                replacesLog: replacesLog
            )
        )
        if group.snapshots.unmarked == nil, group.snapshots.marking == nil { marked.append(group) }
        group.snapshots.unmarked = mark
    }

    /// What was gathered is being written, and the marks with it.
    func marksGoToDisk() {
        for group in marked {
            group.snapshots.marking = group.snapshots.unmarked
            group.snapshots.unmarked = nil
        }
    }

    /// A batch is durable: files that its marks cover may go.
    func releaseMarked() {
        marked.removeAll { group in
            if let mark = group.snapshots.marking {
                effects.journalJobs.append(.release(group.id, upTo: mark.index))
            }
            group.snapshots.marking = nil
            return group.snapshots.unmarked == nil
        }
    }

    /// A follower needs what the log no longer holds.
    func beginSnapshot(_ mark: SnapshotMark, to target: ReplicaID, in group: Group) {
        group.snapshots.outgoing.removeAll { $0.target == target }
        group.snapshots.outgoing.append(
            OutgoingSnapshot(
                target: target,
                mark: mark,
                term: group.raft.term,
                lastProgress: tick
            )
        )
        readChunk(at: 0, of: group.snapshots.outgoing.count - 1, in: group)
    }

    /// Orders the next chunk, or has it wait until the throttle lets it go.
    private func readChunk(at offset: UInt64, of place: Int, in group: Group) {
        guard throttle.isOpen else {
            group.snapshots.outgoing[place].stage = .throttled(offset: offset)
            return
        }
        throttle.spend(Limits.snapshotChunkBytes)
        group.snapshots.outgoing[place].stage = .reading
        let transfer = group.snapshots.outgoing[place]
        effects.snapshotJobs.append(
            .read(group.id, transfer.mark, offset: offset, target: transfer.target)
        )
    }

    private func readThrottled(_ group: Group) {
        for place in group.snapshots.outgoing.indices {
            guard case .throttled(let offset) = group.snapshots.outgoing[place].stage else {
                continue
            }
            group.snapshots.outgoing[place].lastProgress = tick
            readChunk(at: offset, of: place, in: group)
        }
    }

    private func sendChunk(
        _ mark: SnapshotMark,
        _ offset: UInt64,
        of totalBytes: UInt64,
        _ bytes: ByteSlice,
        to target: ReplicaID,
        in group: Group
    ) {
        guard
            let place = group.snapshots.outgoing.firstIndex(where: {
                $0.target == target && $0.mark.index == mark.index
            }), case .reading = group.snapshots.outgoing[place].stage
        else { return }
        group.snapshots.outgoing[place].stage = .sent
        let transfer = group.snapshots.outgoing[place]
        let chunk = SnapshotChunk(
            mark: mark,
            term: transfer.term,
            leader: ReplicaID(node.number),
            offset: offset,
            totalBytes: totalBytes,
            bytes: bytes
        )
        send(.snapshotChunk(group.id, chunk), to: NodeID(target.number))
    }

    /// The follower has written what it was sent.
    func accept(_ progress: SnapshotProgress, from node: NodeID, in group: Group) {
        let target = ReplicaID(node.number)
        guard
            let place = group.snapshots.outgoing.firstIndex(where: {
                $0.target == target && $0.mark.index == progress.index
            })
        else { return }
        group.snapshots.outgoing[place].lastProgress = tick
        let mark = group.snapshots.outgoing[place].mark
        switch progress.verdict {
        case .more:
            guard case .sent = group.snapshots.outgoing[place].stage else { return }
            readChunk(at: progress.received, of: place, in: group)
        case .done:
            group.snapshots.outgoing.remove(at: place)
            group.raft.snapshotSent(to: target, delivered: true)
        case .refused: pause(mark, to: target, in: group)
        }
    }

    /// Raft would begin anew with the next heartbeat, and fail for the same reason.
    private func pause(_ mark: SnapshotMark, to target: ReplicaID, in group: Group) {
        for place in group.snapshots.outgoing.indices
        where group.snapshots.outgoing[place].target == target
            && group.snapshots.outgoing[place].mark.index == mark.index
        {
            group.snapshots.outgoing[place].stage = .refused
            group.snapshots.outgoing[place].lastProgress = tick
        }
    }

    private func giveUp(_ mark: SnapshotMark, to target: ReplicaID, in group: Group) {
        guard
            let place = group.snapshots.outgoing.firstIndex(where: {
                $0.target == target && $0.mark.index == mark.index
            })
        else { return }
        group.snapshots.outgoing.remove(at: place)
        group.raft.snapshotSent(to: target, delivered: false)
    }

    func passTickForSnapshots(_ group: Group) {
        giveUpIncoming(group)
        guard !group.snapshots.outgoing.isEmpty else { return }
        readThrottled(group)
        let stall = UInt64(settings.snapshotStallTicks)
        for transfer in group.snapshots.outgoing
        where transfer.lastProgress.number + stall < tick.number {
            giveUp(transfer.mark, to: transfer.target, in: group)
        }
    }
}

extension GroupSnapshots {
    /// Whether a follower is being sent a snapshot, so that a new one must not take its place.
    var isStreaming: Bool {
        outgoing.contains { transfer in
            switch transfer.stage {
            case .reading, .throttled, .sent: true
            case .refused: false
            }
        }
    }
}
