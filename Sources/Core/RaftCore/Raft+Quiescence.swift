public import Model

// Quiescence: a group in which nothing happens costs neither ticks nor messages, so that a node can
// hold thousands of them (the way of CockroachDB's quiesced ranges and TiKV's hibernated regions).
//
// A leader whose followers all have its whole log says so with a last heartbeat, and stops its clock;
// so do the followers that agree. What heartbeats told them before, that the leader lives, nodes tell
// each other once for all their groups; Host says here when one of them falls silent or comes back.
//
// Only the clock stops. Who leads, what is committed and who may vote is decided as ever, and every
// message but that last heartbeat wakes its receiver: so quiescence can make a group late, never
// wrong. A quiescent leader that was replaced meanwhile answers no read, as a read needs a round.
extension Raft {
    /// Whether there is nothing to agree on: a leader's clients, log and followers are at rest.
    ///
    /// `isSilent` says which replicas' nodes are not heard of. They are not waited for, as a node that
    /// is away for long must not keep its groups awake; when it comes back, Host wakes them.
    public func canQuiesce(excusing isSilent: (ReplicaID) -> Bool) -> Bool {
        guard let leadership, !hasReady, leadership.isAtRest,
            quietTicks >= settings.quiesceTicks,
            commitIndex >= leadership.firstIndexOfTerm, commitIndex == log.lastIndex,
            log.durableIndex == log.lastIndex, appliedIndex == commitIndex,
            configuration.outgoingVoters.isEmpty
        else { return false }
        let isHeard = quorum.outcome { $0 == replica || !isSilent($0) }
        guard isHeard == .won else { return false }
        #if MARTLET_MUTANTS
        if settings.mutant == .quiescesOverLaggingFollowers { return true }
        #endif
        return leadership.followers.allSatisfy {
            $0.isSettled(at: log.lastIndex) || isSilent($0.replica)
        }
    }

    /// A leader's last heartbeat to those that have all; to be called only if it can (`canQuiesce`).
    public mutating func quiesce() {
        leadership?.dueLastHeartbeat()
        isQuiescent = true
        ticksElapsed = 0
    }

    /// Goes on as before; a leader says so, and its followers wake.
    public mutating func wake() {
        guard isQuiescent else { return }
        isQuiescent = false
        ticksElapsed = 0
        quietTicks = 0
        leadership?.dueHeartbeat()
    }

    /// Somebody asks something of the leader.
    mutating func noteRequest() {
        quietTicks = 0
        wake()
    }

    /// The node of another replica fell silent, or has started anew.
    ///
    /// Whoever followed it has waited for an election timeout already, without ticks, as have all
    /// other groups that it led; so each chooses a moment within the next.
    public mutating func lost(_ peer: ReplicaID) {
        leadership?.update(peer) { $0.isLost() }
        guard isQuiescent else { return }
        wake()
        if leader == peer { ticksElapsed = settings.electionTicks }
    }
}

extension Leadership {
    /// Whether nobody waits for a read or for a successor.
    var isAtRest: Bool { transfer == nil && reads.isIdle }
}

extension Progress {
    /// Whether the follower has the whole log on its disk, and has said so since its node was lost.
    ///
    /// A node that starts anew may have lost what it had, and its word of that may be lost as well.
    func isSettled(at lastIndex: LogIndex) -> Bool {
        mode == .replicate && matchIndex == lastIndex && repairState.point == nil
            && (isRecentlyActive || wasRecentlyActive)
    }
}
