internal import Bytes
internal import Controller
internal import Journal
internal import Keyspace
internal import Model
internal import RaftCore

extension Shard {
    /// Whether a turn would find something to do.
    public var hasWork: Bool {
        !touched.isEmpty || journal.canAppend || !effects.completions.isEmpty
            || !effects.streamCompletions.isEmpty
            || !effects.facts.isEmpty || !effects.journalJobs.isEmpty
            || !effects.snapshotJobs.isEmpty || !effects.frames.isEmpty
            || outboxes.contains { !$0.isEmpty } || groupChanges.areDue
    }

    /// Steps every touched group, and gathers what is to be done.
    ///
    /// `effects` is emptied first; its memory is used again.
    public func turn(into effects: inout ShardEffects) {
        let places = touched
        touched.removeAll(keepingCapacity: true)
        for place in places {
            groups[place].isTouched = false
            step(groups[place], at: place)
        }
        followGroups()
        flushOutboxes()
        refreshPeers()
        let isRetry = journal.isBusy
        if !isStopped, let batch = journal.beginAppend(at: tick) {
            if !isRetry { marksGoToDisk() }
            self.effects.journalJobs.append(.append(batch))
        }
        effects.removeAll()
        swap(&self.effects, &effects)
    }

    private func step(_ group: Group, at place: Int) {
        tellLeadership(group)
        releaseHeldBack(group)
        openReadRound(group)
        while group.raft.hasReady {
            let ready = group.raft.takeReady()
            carryOut(ready, of: group, at: place)
            guard !ready.committed.isEmpty, group.raft.hasBacklog else { continue }
            // The rest of a long backlog waits for the next turn: others must not wait for all of it.
            touch(place)
            break
        }
        tellLeadership(group)
        tellRepair(group)
        tellTransfer(group)
        tellConfiguration(group)
        serveReads(group)
        tellWatchers(group, at: place)
        considerSnapshot(group)
    }

    /// The order that `Ready` states: send, persist, apply, then serve reads.
    private func carryOut(_ ready: Ready, of group: Group, at place: Int) {
        send(ready.messages, in: group)
        if let persist = ready.persist { journal.gather(persist, of: group, at: place) }
        apply(ready.committed, in: group)
        for round in ready.readable {
            for request in round.requests {
                confirmRead(request.number, at: round.index, in: group)
            }
        }
        for request in ready.droppedReads { dropRead(request.number, in: group) }
    }

    private func apply(_ entries: [Entry], in group: Group) {
        guard let last = entries.last else { return }
        for entry in entries {
            #if MARTLET_MUTANTS
            if settings.mutant == .entryBehindSnapshotIsSkipped, boots > 1,
                entry.index == group.raft.snapshot.index.next
            {
                continue
            }
            #endif
            if entry.term > group.appliedTerm { proposeLost(before: entry.term, in: group) }
            if entry.kind == .command { apply(entry, in: group) }
            group.snapshots.bytesSince += entry.payload.count
        }
        group.snapshots.entriesSince += entries.count
        group.raft.applied(upTo: last.index)
        if group.isLeader, last.term == group.raft.term {
            group.time.lead(in: last.term, at: now)
        }
    }

    private func apply(_ entry: Entry, in group: Group) {
        guard let header = try? CommandHeader(decoding: entry.payload) else { return }
        let body = CommandHeader.body(of: entry.payload)
        group.time.observe(header.time, at: now)
        switch group.machine {
        case .control(let machine):
            let delta = machine.apply(header, body)
            if delta == .members { noteMembers() }
            groupChanges.note(delta, at: entry.index)
            if case .node(let record)? = delta, record.id != node {
                voice.register(record.life, of: record.id)
            }
            guard let waiter = closeOwn(header, in: group) else { return }
            guard let delta else { return refuse(waiter, .malformedCommand) }
            complete(waiter, .metadataChanged(delta))
        case .keyspace(let machine):
            // What a compaction forgets can no longer be told: watchers hear of it before.
            if header.kind == .compact { machine.collectWatches(into: &effects.watches) }
            let result = machine.apply(header, body)
            noteSize(of: machine, after: header.kind, in: group)
            if header.kind == .expireLeases { group.leases.expired() }
            guard let waiter = closeOwn(header, in: group) else { return }
            guard let result else { return refuse(waiter, .malformedCommand) }
            complete(waiter, .applied(result))
        case .partition(let machine): apply(entry, header, body, to: machine, in: group)
        case .coordinator(let machine): apply(entry, header, body, to: machine, in: group)
        }
    }

    /// Whoever waits here for a command that was applied.
    func closeOwn(_ header: CommandHeader, in group: Group) -> Waiter? {
        guard header.origin == node, let waiter = group.proposals.close(header.sequence),
            waiter != .none
        else { return nil }
        return waiter
    }

    private func tellWatchers(_ group: Group, at place: Int) {
        if case .partition(let machine) = group.machine, machine.hasNews {
            machine.hasNews = false
            effects.advancedGroups.append(group.id)
        }
        guard case .keyspace(let machine) = group.machine,
            machine.hasNews || machine.watches.hasBacklog
        else { return }
        machine.hasNews = false
        machine.collectWatches(into: &effects.watches)
        if machine.watches.hasBacklog { touch(place) }
    }

    /// Tells of changes of leadership, and forgets what belonged to the last one.
    private func tellLeadership(_ group: Group) {
        let current = ObservedLeadership(
            leader: group.raft.leader,
            term: group.raft.term,
            isLeader: group.isLeader
        )
        let last = group.observed
        guard current != last else { return }
        group.observed = current
        if !(metadata?.removed.isEmpty ?? true) { notePeers() }
        group.heldBackUntil = .zero
        #if MARTLET_MUTANTS
        if settings.mutant == .slowCommandIsTakenForLost {
            proposeLost(before: current.term, in: group)
        }
        #endif
        group.membership = GroupMembership(observed: group.membership.observed)
        if last.isLeader, !current.isLeader || current.term != last.term {
            group.time.stopLeading()
            group.snapshots.outgoing = []
            effects.facts.append(.lostLeadership(group.id, last.term))
        }
        if current.isLeader, !last.isLeader || current.term != last.term {
            group.forwards = []
            group.forwardsTerm = current.term
            for peer in peers { tellLeadership(of: group, to: peer) }
            effects.facts.append(.becameLeader(group.id, current.term))
        } else if let leader = group.leaderNode, current.leader != last.leader {
            effects.facts.append(.followsLeader(group.id, leader, current.term))
        }
    }

    /// Takes what a storage thread has finished.
    public func completed(_ completion: StorageCompletion) {
        switch completion {
        case .appended(let batch): acceptAppended(upTo: batch)
        case .full(let path):
            if !journal.isFull { effects.facts.append(.storageIsFull(path)) }
            journal.retryLater(at: tick + settings.storageRetryTicks)
        case .failed(let reason): stop(reason)
        case .pinned(let groups, let bytes): wantSnapshots(of: groups, pinning: bytes)
        case .groupDropped(let group): effects.snapshotJobs.append(.drop(group))
        case .groupNotDropped(let group): dropsDue.append(group)
        case .coldFiles(let files): beginScrub(of: files)
        case .scrubbed(let report): accept(report)
        case .snapshotSaved, .snapshotNotSaved, .snapshotRead, .snapshotUnreadable,
            .snapshotChunkReceived, .snapshotReceived, .snapshotChunkRefused, .snapshotsDropped:
            completedSnapshot(completion)
        }
    }

    private func acceptAppended(upTo batch: UInt64) {
        voice.advance(to: batch)
        if journal.isFull { effects.facts.append(.storageHasSpaceAgain) }
        for receipt in journal.finishAppend() {
            let group = groups[receipt.place]
            if group.isVacant { continue }
            group.raft.persisted(receipt.receipt)
            send(receipt.messages, in: group)
            touch(receipt.place)
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .completionCoversNextBatch {
            for receipt in journal.gatheredReceipts {
                groups[receipt.place].raft.persisted(receipt.receipt)
                send(receipt.messages, in: groups[receipt.place])
            }
        }
        #endif
        releaseMarked()
        dropFromDisk()
    }
}
