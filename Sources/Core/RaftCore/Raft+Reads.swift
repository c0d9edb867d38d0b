internal import Model

extension Raft {
    /// A linearizable read is asked for; it is answered through `Ready.readable`, or dropped when
    /// leadership is lost.
    public mutating func read(_ request: ReadRequest) -> ReadOutcome {
        guard let waiting = leadership?.reads.waiting.count else { return .notLeader(leader) }
        guard waiting < settings.readsWaitingMax else {
            return .tooManyReads(limit: settings.readsWaitingMax)
        }
        noteRequest()
        leadership?.reads.add(request)
        leadership?.wake()
        return .accepted
    }

    /// Whether the commit index is not behind what the last leader may have acknowledged: until an
    /// entry of the own term is committed it can be (thesis §6.4, step 1).
    private var knowsCommitIndex: Bool {
        guard let leadership else { return false }
        #if MARTLET_MUTANTS
        if settings.mutant == .readBeforeOwnTermCommits { return true }
        #endif
        return commitIndex >= leadership.firstIndexOfTerm
    }

    /// Puts the reads that wait into a round, and asks the voters.
    mutating func beginReadRound() {
        guard leadership?.reads.canOpenRound ?? false, knowsCommitIndex else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .readJoinsOpenRound { leadership?.reads.joinsOpenRound = true }
        #endif
        leadership?.reads.beginRound(at: commitIndex)
        leadership?.dueHeartbeat()
        confirmReads()
    }

    /// A round is confirmed by a majority that has answered it or a later one; the leader answers
    /// itself, so alone in its group it need not ask.
    mutating func confirmReads() {
        guard let lastRound = leadership?.reads.lastNumber, lastRound > 0 else { return }
        var confirmed = quorum.reached {
            $0 == replica ? lastRound : leadership?.confirmedRound(of: $0) ?? 0
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .readWithoutQuorum { confirmed = lastRound }
        #endif
        confirmed = min(confirmed, lastRound)
        leadership?.reads.confirm(upTo: confirmed, into: &readable)
        leadership?.wake()
    }

    /// No longer leader: what was not confirmed never will be.
    mutating func dropReads() {
        guard let leadership else { return }
        droppedReads += leadership.reads.unanswered
    }
}
