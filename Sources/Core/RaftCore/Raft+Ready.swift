public import Model

extension Raft {
    /// Whether `takeReady` may bring something; never false if it would.
    public var hasReady: Bool {
        !messages.isEmpty || !guardedMessages.isEmpty || log.hasUnwritten || !isStateWritten
            || deliveredIndex < commitIndex || !readable.isEmpty || !droppedReads.isEmpty
            || (leadership?.hasWork ?? false)
    }

    /// Whether more is committed than was given out to be applied.
    public var hasBacklog: Bool { deliveredIndex < commitIndex }

    /// Everything that is to be done now; to be carried out in the order that `Ready` states.
    public mutating func takeReady() -> Ready {
        beginReadRound()
        var ready = Ready()
        var broadcast = Broadcast(
            source: replica,
            term: state.term,
            commitIndex: commitIndex,
            appendBytesMax: settings.appendBytesMax,
            messages: messages
        )
        #if MARTLET_MUTANTS
        broadcast.mutant = settings.mutant
        #endif
        leadership?.emit(from: log, snapshot: snapshot, into: &broadcast)
        ready.messages = broadcast.messages
        messages = []
        let waiting = releaseGuarded(into: &ready.messages)
        ready.persist = makePersist(broadcast.unwritten(of: log), waiting)
        ready.committed = deliverCommitted()
        swap(&ready.readable, &readable)
        swap(&ready.droppedReads, &droppedReads)
        return ready
    }

    /// A write is synced, and with it all before it.
    public mutating func persisted(_ receipt: PersistReceipt) {
        log.completeWrite(receipt.number)
        #if MARTLET_MUTANTS
        if settings.mutant == .receiptCoversRewrittenEntries { log.believe(receipt) }
        #endif
        finishRepair()
        countOwnVote()
        advanceCommit()
    }

    /// The state machine has applied everything up to `index`.
    public mutating func applied(upTo index: LogIndex) {
        precondition(index <= deliveredIndex, "entry \(index) was never given out to be applied")
        appliedIndex = max(appliedIndex, index)
    }
}

// What is on disk, and what waits for it.
extension Raft {
    /// Whether the disk was told of the current term and vote.
    ///
    /// The commit index may lag behind: it is a hint, written along with what is written anyway.
    private var isStateWritten: Bool {
        writtenState.term == state.term && writtenState.votedFor == state.votedFor
    }

    /// Whether the current term and vote are on disk.
    var isStateDurable: Bool { isStateWritten && stateWrite <= log.writes.durableNumber }

    /// Sends what speaks only for what is on disk; returns what must wait for the next write.
    ///
    /// Without this, a follower that has everything would need a write to say so, and answers to
    /// heartbeats, on which reads wait, would queue behind the entries of others.
    private mutating func releaseGuarded(into messages: inout [Message]) -> [Message] {
        var waiting: [Message] = []
        swap(&waiting, &guardedMessages)
        guard isStateDurable, !waiting.isEmpty else { return waiting }
        var kept = 0
        for position in waiting.indices {
            if speaksForWritesUnderWay(waiting[position]) {
                waiting[kept] = waiting[position]
                kept += 1
            } else {
                messages.append(waiting[position])
            }
        }
        waiting.removeSubrange(kept...)
        return waiting
    }

    private func speaksForWritesUnderWay(_ message: Message) -> Bool {
        switch message.body {
        case .appendReply(.accepted(let matchIndex)): matchIndex > log.durableIndex
        case .repairing(let progress): progress.heldIndex > log.durableIndex
        case .requestVote(let request): request.lastIndex > log.durableIndex
        case .appendReply(.rejected), .voteReply, .heartbeatReply: false
        case .append, .heartbeat, .installSnapshot, .timeoutNow, .repairPoint: false
        }
    }

    private mutating func makePersist(_ entries: [Entry], _ waiting: [Message]) -> Persist? {
        let isStateNew = !isStateWritten
        guard isStateNew || !entries.isEmpty || !waiting.isEmpty else { return nil }
        let number = log.beginWrite()
        if isStateNew { stateWrite = number }
        return Persist(
            hardState: takeHardState(withEntries: !entries.isEmpty),
            entries: entries,
            messages: waiting,
            receipt: PersistReceipt(
                number: number,
                lastIndex: log.lastIndex,
                lastTerm: log.lastTerm
            )
        )
    }

    /// The state to be written, if it has changed.
    ///
    /// The commit index goes along with entries, and only as far as the disk holds them: should
    /// a crash keep this state but lose the entries of the same write, what stands in their place must
    /// not be taken for committed.
    private mutating func takeHardState(withEntries: Bool) -> HardState? {
        state.commitIndex = min(commitIndex, log.durableIndex)
        guard !isStateWritten || (withEntries && writtenState != state) else { return nil }
        writtenState = state
        #if MARTLET_MUTANTS
        if settings.mutant == .votesTwiceAfterRestart {
            return HardState(term: state.term, votedFor: nil, commitIndex: state.commitIndex)
        }
        #endif
        return state
    }

    /// The next committed entries, as many as may be applied at once.
    private mutating func deliverCommitted() -> [Entry] {
        guard deliveredIndex < commitIndex else { return [] }
        let batch = log.batch(
            from: deliveredIndex.next,
            through: commitIndex,
            upTo: settings.applyBytesMax
        )
        deliveredIndex = deliveredIndex + batch.entries.count
        return batch.entries
    }
}
