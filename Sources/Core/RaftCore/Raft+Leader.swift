public import Bytes
internal import Model

// In office.
extension Raft {
    /// Won: an empty entry of the new term commits what earlier leaders left (thesis §3.6.2).
    mutating func becomeLeader() {
        campaign = nil
        leader = replica
        ticksElapsed = 0
        leadership = Leadership(
            firstIndexOfTerm: log.lastIndex.next,
            followers: [],
            uncommittedBytes: log.weight(from: commitIndex.next, through: log.lastIndex)
        )
        followConfiguration()
        appendOwn(.empty, payload: .empty)
    }

    /// Heartbeats, and once in an election timeout the question whether a majority still answers: a
    /// leader that is cut off must know it, and let clients look elsewhere (thesis §6.2).
    mutating func tickLeader() {
        quietTicks += 1
        leadership?.ticksSinceHeartbeat += 1
        if leadership?.ticksSinceHeartbeat ?? 0 >= settings.heartbeatTicks {
            leadership?.dueHeartbeat()
        }
        tickTransfer()
        guard ticksElapsed >= settings.electionTicks else { return }
        ticksElapsed = 0
        let isHeard = quorum.outcome {
            $0 == replica || leadership?.isRecentlyActive($0) ?? false
        }
        guard isHeard == .won else { return becomeFollower(of: nil) }
        leadership?.forgetActivity()
    }

    /// A client's command; the group's members are changed with `changeMembers`.
    ///
    /// Nothing is sent yet: all that is proposed until `takeReady` shares one append a follower.
    public mutating func propose(_ payload: ByteSlice, kind: Entry.Kind) -> ProposeOutcome {
        precondition(kind == .command, "an entry of kind \(kind) is Raft's own")
        guard let uncommitted = leadership?.uncommittedBytes else { return .notLeader(leader) }
        if let successor { return .handingOver(to: successor) }
        let weight = payload.count + Limits.entryOverheadBytes
        guard uncommitted == 0 || weight <= settings.uncommittedBytesMax - uncommitted else {
            return .tooManyUncommittedBytes(limit: settings.uncommittedBytesMax)
        }
        noteRequest()
        return .accepted(appendOwn(kind, payload: payload))
    }

    @discardableResult
    mutating func appendOwn(_ kind: Entry.Kind, payload: ByteSlice) -> LogIndex {
        let entry = Entry(
            index: log.lastIndex.next,
            term: state.term,
            kind: kind,
            payload: payload
        )
        log.append(entry)
        leadership?.uncommittedBytes += entry.weight
        leadership?.wake()
        return entry.index
    }
}

// What followers answer.
extension Raft {
    mutating func learn(_ reply: AppendReply, from follower: ReplicaID) {
        guard leadership != nil else { return }
        switch reply {
        case .accepted(let matchIndex):
            // Nobody can hold more of this term's entries than their leader.
            guard matchIndex <= log.lastIndex else { return }
            let firstIndex = log.firstIndex
            leadership?.update(follower) {
                $0.isRecentlyActive = true
                $0.accepted(upTo: matchIndex, firstIndex: firstIndex)
            }
            advanceCommit()
        case .rejected(let previousIndex, let hintIndex, let hintTerm):
            // The hint's term skips those of this log's entries that cannot agree, either.
            let hint = log.lastPossibleAgreement(at: hintIndex, term: hintTerm)
            leadership?.update(follower) {
                $0.isRecentlyActive = true
                $0.rejected(at: previousIndex, hint: hint.index)
            }
        }
    }

    mutating func learn(_ reply: HeartbeatReply, from follower: ReplicaID) {
        guard let lastRound = leadership?.reads.lastNumber else { return }
        let lastIndex = log.lastIndex
        leadership?.update(follower) {
            $0.isRecentlyActive = true
            $0.heard(lastIndex: lastIndex)
            if let round = reply.round, round.number <= lastRound { $0.confirmed(round.number) }
        }
        if reply.round != nil { confirmReads() }
    }

    /// Commits what a majority has on disk, itself included once its own write is synced; only an
    /// entry of its own term, and with it all before (Raft §5.4.2, figure 8).
    mutating func advanceCommit() {
        guard let firstIndexOfTerm = leadership?.firstIndexOfTerm else { return }
        let agreed = LogIndex(
            quorum.reached {
                $0 == replica ? ownMatchIndex.number : countedMatchIndex(of: $0).number
            }
        )
        guard agreed > commitIndex, isCommittable(agreed, firstIndexOfTerm) else { return }
        leadership?.uncommittedBytes -= log.weight(from: commitIndex.next, through: agreed)
        commit(upTo: agreed)
        leadership?.wake()
        concludeChange()
    }

    private func countedMatchIndex(of voter: ReplicaID) -> LogIndex {
        let matchIndex = leadership?.matchIndex(of: voter) ?? .zero
        #if MARTLET_MUTANTS
        return max(matchIndex, leadership?.strangersMatchIndex(configuration, settings) ?? .zero)
        #else
        return matchIndex
        #endif
    }

    private func isCommittable(_ index: LogIndex, _ firstIndexOfTerm: LogIndex) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .commitsOldTermEntry { return true }
        #endif
        return index >= firstIndexOfTerm
    }

    private var ownMatchIndex: LogIndex {
        #if MARTLET_MUTANTS
        if settings.mutant == .leaderCountsItselfBeforeSync { return log.lastIndex }
        #endif
        return log.durableIndex
    }
}
