internal import Model

extension Raft {
    /// A leader has spoken in this term: there is no other, so this replica follows it.
    ///
    /// False if it speaks to another leader of the same term, which cannot be.
    mutating func follow(_ leader: ReplicaID) -> Bool {
        guard leadership == nil else { return false }
        if campaign != nil || self.leader != leader { becomeFollower(of: leader) }
        ticksElapsed = 0
        return true
    }

    /// Entries from the leader (Raft §5.3).
    mutating func accept(_ append: AppendEntries, from leader: ReplicaID) {
        guard follow(leader) else { return }
        // What is committed agrees with every leader's log, so only what follows matters.
        let known = min(max(commitIndex, append.previousIndex), append.lastIndex)
        guard known >= commitIndex else { return acknowledge(commitIndex, to: leader) }
        let skipped = known - append.previousIndex
        let knownTerm = skipped == 0 ? append.previousTerm : append.entries[skipped - 1].term
        guard log.term(at: known) == knownTerm else {
            // Nobody who contradicts what is committed was ever elected.
            return skipped == 0 ? reject(append, to: leader) : ()
        }
        write(append.entries[skipped...])
        commit(upTo: confirmedCommit(by: append))
        acknowledge(append.lastIndex, to: leader)
    }

    /// Only what the append has shown to agree may be committed: entries beyond it may be another
    /// leader's (Raft figure 2, "index of last new entry").
    private func confirmedCommit(by append: AppendEntries) -> LogIndex {
        #if MARTLET_MUTANTS
        if settings.mutant == .commitsBeyondLastNewEntry {
            return min(append.commitIndex, log.lastIndex)
        }
        #endif
        return min(append.commitIndex, append.lastIndex)
    }

    /// Takes the entries that the log lacks.
    ///
    /// It is cut only where it differs: an append that was overtaken by a later one must not undo what
    /// that one brought (Raft figure 2, AppendEntries, 3).
    private mutating func write(_ entries: ArraySlice<Entry>) {
        #if MARTLET_MUTANTS
        if settings.mutant == .truncatesOnOverlap, let first = entries.first {
            log.truncate(from: first.index)
        }
        #endif
        let news = entries.dropFirst(log.agreeingCount(of: entries))
        guard let first = news.first else { return }
        log.truncate(from: first.index)
        rollBackConfigurations(from: first.index)
        for entry in news { log.append(entry) }
        adopt(configurationsOf: news)
    }

    /// Says up to where the logs agree; waits until that is on disk.
    ///
    /// After a repair at least up to its point, which is the leader's own entry: should the first word
    /// of it be lost, the next one tells the leader all the same that the repair is over.
    mutating func acknowledge(_ agreed: LogIndex, to leader: ReplicaID) {
        if let progress = progress(upTo: agreed) { return say(progress, to: leader) }
        let matchIndex = max(agreed, repairedIndex ?? .zero)
        #if MARTLET_MUTANTS
        if settings.mutant == .followerAcknowledgesBeforeSync {
            messages.append(
                Message(
                    source: replica,
                    target: leader,
                    term: state.term,
                    body: .appendReply(.accepted(matchIndex: matchIndex))
                )
            )
            return
        }
        #endif
        // One answer speaks for all appends of a turn.
        if let last = guardedMessages.last, last.target == leader,
            case .appendReply(.accepted(let earlier)) = last.body
        {
            guardedMessages.removeLast()
            return say(.appendReply(.accepted(matchIndex: max(earlier, matchIndex))), to: leader)
        }
        say(.appendReply(.accepted(matchIndex: matchIndex)), to: leader)
    }

    /// The log differs at the append's previous entry: the hint skips whole terms (thesis §3.5).
    private mutating func reject(_ append: AppendEntries, to leader: ReplicaID) {
        let hint = log.lastPossibleAgreement(
            at: min(append.previousIndex, log.lastIndex),
            term: append.previousTerm
        )
        say(
            .appendReply(
                .rejected(
                    previousIndex: append.previousIndex,
                    hintIndex: hint.index,
                    hintTerm: hint.term
                )
            ),
            to: leader
        )
    }

    /// The leader lives.
    ///
    /// What it says of commits is about entries this replica has acknowledged. Whoever is damaged may
    /// have others in their place: to it only an append says what is committed.
    mutating func accept(_ heartbeat: Heartbeat, from leader: ReplicaID) {
        guard follow(leader) else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .commitsBeyondLastNewEntry {
            commit(upTo: min(heartbeat.commitIndex, log.lastIndex))
        }
        #endif
        if !isDamaged, heartbeat.commitIndex <= log.lastIndex {
            commit(upTo: heartbeat.commitIndex)
        }
        // Who has all that the leader has agrees, in silence, to hear no more of it.
        if heartbeat.isLast, heartbeat.commitIndex == log.lastIndex, !isDamaged {
            isQuiescent = true
            return
        }
        // What is committed agrees with every leader's log.
        say(
            progress(upTo: commitIndex) ?? .heartbeatReply(HeartbeatReply(round: heartbeat.round)),
            to: leader
        )
    }

    /// Everything up to `index` is committed.
    mutating func commit(upTo index: LogIndex) {
        guard index > commitIndex else { return }
        precondition(
            index <= log.lastIndex,
            "commit \(index) lies beyond the log's end \(log.lastIndex)"
        )
        commitIndex = index
        #if MARTLET_MUTANTS
        if settings.mutant == .configurationAppliedAtCommit {
            use(configurations.configuration(at: index))
        }
        #endif
    }
}

extension AppendEntries {
    /// The last index that this append shows to agree.
    var lastIndex: LogIndex { previousIndex + entries.count }
}
