internal import Model

// Terms and timers.
extension Raft {
    /// A newer term was heard of: whoever this replica was, now it follows, and has not voted.
    mutating func enter(_ term: Term) {
        precondition(term > state.term, "term \(term) is not above \(state.term)")
        state.term = term
        state.votedFor = nil
        forgetRepairPoint()
        // What was said in the old term, nobody in the new one needs; it is as if it were lost.
        guardedMessages.removeAll(keepingCapacity: true)
        becomeFollower(of: nil)
    }

    /// Follows `leader` in the current term, or waits for one.
    mutating func becomeFollower(of leader: ReplicaID?) {
        dropReads()
        campaign = nil
        leadership = nil
        self.leader = leader
        resetElectionTimer()
    }

    /// Waits anew, this time for [T, 2T) ticks, so that not all campaign at once (Raft §5.2).
    ///
    /// Where there is nobody to wait for, the next tick will do.
    mutating func resetElectionTimer() {
        ticksElapsed = 0
        let ticks = settings.electionTicks
        electionTimeoutTicks =
            isOnlyVoter ? 1 : ticks + Int(random.next() % UInt64(ticks))
    }

    /// Stands for election before the others do: for whoever was chosen to lead a new group.
    ///
    /// A few heartbeats later, when the others will have heard of the group, too.
    public mutating func standEarly() {
        guard state.term == .zero, leader == nil, !isOnlyVoter else { return }
        electionTimeoutTicks = min(electionTimeoutTicks, 2 * settings.heartbeatTicks)
    }

    /// Leader stickiness (thesis §4.2.3): who hears its leader does not help another to replace it.
    private func hearsLeader(otherThan candidate: ReplicaID) -> Bool {
        guard let leader, leader != candidate else { return false }
        return leadership != nil || ticksElapsed < settings.electionTicks
    }
}

// Running for election.
extension Raft {
    /// Asks all voters whether they would give their vote, or, in a new term, for it.
    mutating func campaign(_ kind: Campaign.Kind) {
        guard state.term.number < Limits.termMax else { return }
        becomeFollower(of: nil)
        campaign = Campaign(kind: kind)
        if kind == .preVote {
            requestVotes(in: state.term.next, kind)
            return count(VoteReply(isPreVote: true, isGranted: true), of: replica)
        }
        state.term = state.term.next
        state.votedFor = replica
        guardedMessages.removeAll(keepingCapacity: true)
        // Neither its own vote counts nor is any other asked for before this one is on disk: after
        // a crash it would ask again in the same term, with a log that lost its unsynced tail, and
        // take votes that were given to the longer one.
        requestVotes(in: state.term, kind)
    }

    private mutating func requestVotes(in term: Term, _ kind: Campaign.Kind) {
        let request = RequestVote(
            isPreVote: kind == .preVote,
            isTransfer: kind == .transfer,
            lastIndex: log.lastIndex,
            lastTerm: log.lastTerm
        )
        for voter in configuration.replicas
        where voter != replica && configuration.isVoter(voter) {
            let message = Message(
                source: replica,
                target: voter,
                term: term,
                body: .requestVote(request)
            )
            if request.isPreVote {
                messages.append(message)
            } else {
                guardedMessages.append(message)
            }
        }
    }

    /// Its own vote is on disk: now it counts.
    mutating func countOwnVote() {
        guard let campaign, !campaign.isPreVote, isStateDurable else { return }
        count(VoteReply(isPreVote: false, isGranted: true), of: replica)
    }

    mutating func count(_ reply: VoteReply, of voter: ReplicaID, term: Term) {
        if reply.isPreVote && reply.isGranted {
            guard term == state.term.next else { return }
        }
        count(reply, of: voter)
    }

    private mutating func count(_ reply: VoteReply, of voter: ReplicaID) {
        guard let isPreVote = campaign?.isPreVote, isPreVote == reply.isPreVote else { return }
        record(reply.isGranted, by: voter)
        switch campaign?.tally.outcome(in: quorum) {
        case .won where isPreVote: campaign(.election)
        case .won: becomeLeader()
        case .lost: becomeFollower(of: nil)
        case .open, nil: break
        }
    }

    private mutating func record(_ isGranted: Bool, by voter: ReplicaID) {
        #if MARTLET_MUTANTS
        if settings.mutant == .duplicateVoteCounted, isGranted, voter != replica,
            campaign?.tally.answer(of: voter) != nil,
            let silent = configuration.voters.first(where: {
                campaign?.tally.answer(of: $0) == nil
            })
        {
            campaign?.tally.record(true, by: silent)
            return
        }
        #endif
        campaign?.tally.record(isGranted, by: voter)
    }
}

// Voting.
extension Raft {
    /// Somebody asks for a vote, in this term or a newer one.
    ///
    /// A learner votes, too, if asked: a candidate that asks it holds a newer configuration, in which
    /// it is a voter (thesis §4.1). Only the candidate's configuration says whose votes count.
    mutating func consider(_ request: RequestVote, of candidate: ReplicaID, term: Term) {
        guard request.isTransfer || !hearsLeader(otherThan: candidate) else { return }
        if term > state.term && !request.isPreVote { enter(term) }
        let isFree: Bool
        if request.isPreVote && term > state.term {
            isFree = true
        } else {
            isFree = state.votedFor == candidate || (state.votedFor == nil && leader == nil)
        }
        let isGranted = isFree && isElectable(request)
        if isGranted && !request.isPreVote {
            state.votedFor = candidate
            // Who has voted gives its candidate time to win (Raft §5.2).
            ticksElapsed = 0
        }
        answer(request, isGranted: isGranted, to: candidate, term: term)
    }

    /// The election restriction (Raft §5.4.1): a leader's log holds all that was committed.
    private func isElectable(_ request: RequestVote) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .noUpToDateCheck { return true }
        #endif
        return log.isCovered(byLastIndex: request.lastIndex, lastTerm: request.lastTerm)
    }

    /// A pre-vote is granted in the term that was asked about; all else is said in one's own term.
    private mutating func answer(
        _ request: RequestVote,
        isGranted: Bool,
        to candidate: ReplicaID,
        term: Term
    ) {
        let answer = Message(
            source: replica,
            target: candidate,
            term: request.isPreVote && isGranted ? term : state.term,
            body: .voteReply(VoteReply(isPreVote: request.isPreVote, isGranted: isGranted))
        )
        #if MARTLET_MUTANTS
        if settings.mutant == .voteNotDurable {
            messages.append(answer)
            return
        }
        #endif
        guardedMessages.append(answer)
    }

    /// A message of an earlier term. Mostly it is of no use, but its sender may need to hear of the
    /// newer term:
    ///
    /// - A leader whom this replica has outrun, while it was cut off, would never win it back: with
    ///   pre-vote this replica cannot disturb it, yet ignores its appends. The answer makes that
    ///   leader step down; the next one's term is above both (etcd-io/raft, `Step`).
    /// - A candidate whose log is longer but whose term is lower would ask for ever.
    mutating func answerStale(_ message: Message) {
        switch message.body {
        case .append, .heartbeat, .installSnapshot, .timeoutNow, .repairPoint:
            say(.heartbeatReply(HeartbeatReply(round: nil)), to: message.source)
        case .requestVote(let request):
            guard mayVote else { return }
            say(
                .voteReply(VoteReply(isPreVote: request.isPreVote, isGranted: false)),
                to: message.source
            )
        case .voteReply, .appendReply, .heartbeatReply, .repairing:
            break
        }
    }

    /// Says what waits for term and vote to be on disk, and, if it acknowledges entries, for those.
    mutating func say(_ body: Message.Body, to target: ReplicaID) {
        guardedMessages.append(
            Message(source: replica, target: target, term: state.term, body: body)
        )
    }
}
