public import Model

// Handing leadership over (thesis §3.10; etcd-io/raft's ways): the leader takes no more proposals,
// brings its successor up to date, and has it campaign at once. So the group is without a leader for
// a round trip and a sync, not for an election timeout.

/// A leader's attempt to hand over.
struct LeadershipTransfer: Sendable {
    let successor: ReplicaID

    /// After an election timeout the leader goes on: clients must not wait for a successor that is
    /// dead.
    var ticks = 0

    /// Whether it was told to campaign; told again with each heartbeat, as messages may be lost.
    var isSummoned = false
}

extension Raft {
    /// Who is to lead next, while this leader hands over; it takes no proposals meanwhile.
    public var successor: ReplicaID? { leadership?.transfer?.successor }

    /// Hands leadership over to a voter, without an election timeout's pause.
    ///
    /// A second request for the same successor changes nothing; for another, it takes the first
    /// one's place.
    public mutating func transferLeadership(to successor: ReplicaID) -> TransferOutcome {
        guard leadership != nil else { return .notLeader(leader) }
        guard successor != replica else {
            leadership?.transfer = nil
            return .leadsAlready
        }
        guard configuration.voters.contains(successor) else { return .notVoter }
        guard self.successor != successor else { return .begun }
        noteRequest()
        leadership?.transfer = LeadershipTransfer(successor: successor)
        leadership?.wake()
        return .begun
    }

    /// The voter that would take over soonest: it was heard of late, and lacks the fewest entries.
    ///
    /// Nil if no other voter was heard of, or this replica does not lead.
    public var likelySuccessor: ReplicaID? { likelySuccessor(among: configuration.voters) }

    /// The same, of some of the voters.
    public func likelySuccessor(among voters: [ReplicaID]) -> ReplicaID? {
        var likeliest: Progress?
        for follower in leadership?.followers ?? []
        where voters.contains(follower.replica) && configuration.voters.contains(follower.replica)
            && follower.repair == nil
        {
            guard follower.isRecentlyActive || follower.wasRecentlyActive else { continue }
            if let best = likeliest, best.matchIndex >= follower.matchIndex { continue }
            likeliest = follower
        }
        return likeliest?.replica
    }

    mutating func tickTransfer() {
        guard let transfer = leadership?.transfer else { return }
        if transfer.ticks + 1 >= settings.electionTicks {
            leadership?.transfer = nil
        } else {
            leadership?.transfer?.ticks += 1
            if leadership?.ticksSinceHeartbeat == 0 { leadership?.transfer?.isSummoned = false }
        }
    }

    /// The leader of this term wants this replica to lead the next.
    mutating func succeed(_ leader: ReplicaID) {
        guard follow(leader), mayLead else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .successorSkipsElection {
            enter(state.term.next)
            state.votedFor = replica
            return becomeLeader()
        }
        #endif
        campaign(.transfer)
    }
}

extension Leadership {
    /// Tells the successor to campaign, once its disk has all that this leader has: with less it
    /// would not be elected.
    mutating func summonSuccessor(of log: RaftLog, into broadcast: inout Broadcast) {
        guard let transfer, !transfer.isSummoned,
            matchIndex(of: transfer.successor) == log.lastIndex
        else { return }
        self.transfer?.isSummoned = true
        broadcast.send(.timeoutNow, to: transfer.successor)
    }
}
