internal import Model

/// What only a leader has: made when it is elected, gone when it steps down.
struct Leadership: Sendable {
    /// The first entry of its term.
    ///
    /// Once it is committed, so is all before it: the commit index has caught up with the last
    /// leader's.
    let firstIndexOfTerm: LogIndex

    /// The other replicas, voters and learners, in order of their IDs.
    private(set) var followers: [Progress]

    var reads = ReadQueue()

    /// Present while leadership is being handed over.
    var transfer: LeadershipTransfer?

    var uncommittedBytes: Int
    var ticksSinceHeartbeat = 0
    private var isHeartbeatDue = true

    /// Whether the heartbeat that is due is the last before the group quiesces.
    private var isHeartbeatLast = false

    #if MARTLET_MUTANTS
    var keepsDeparted = false
    #endif

    /// Whether there may be something to send.
    private(set) var hasWork = true

    init(
        firstIndexOfTerm: LogIndex,
        followers: [Progress],
        uncommittedBytes: Int
    ) {
        self.firstIndexOfTerm = firstIndexOfTerm
        self.followers = followers
        self.uncommittedBytes = uncommittedBytes
    }

    mutating func wake() { hasWork = true }

    mutating func dueHeartbeat() {
        isHeartbeatDue = true
        ticksSinceHeartbeat = 0
        isHeartbeatLast = false
        hasWork = true
    }

    mutating func dueLastHeartbeat() {
        dueHeartbeat()
        isHeartbeatLast = true
    }

    func matchIndex(of replica: ReplicaID) -> LogIndex {
        for follower in followers where follower.replica == replica { return follower.countedIndex }
        return .zero
    }

    /// The follower's last repair, and where that ends if it is under way; nil if there is no such
    /// follower.
    func repair(of replica: ReplicaID) -> (id: RepairID, point: LogIndex?)? {
        followers.first { $0.replica == replica }?.repairState
    }

    func confirmedRound(of replica: ReplicaID) -> UInt64 {
        for follower in followers where follower.replica == replica {
            return follower.confirmedRound
        }
        return 0
    }

    func isRecentlyActive(_ replica: ReplicaID) -> Bool {
        followers.contains { $0.replica == replica && $0.isRecentlyActive }
    }

    mutating func forgetActivity() {
        for position in followers.indices { followers[position].forgetActivity() }
    }

    /// The configuration has changed: new replicas are followed from here on, others no more.
    ///
    /// `others` are sorted; what is known of those that stay is kept.
    mutating func follow(_ others: [ReplicaID], _ beginning: (ReplicaID) -> Progress) {
        let known = followers
        followers = others.map { replica in
            known.first { $0.replica == replica } ?? beginning(replica)
        }
        #if MARTLET_MUTANTS
        if keepsDeparted { followers += known.filter { !others.contains($0.replica) } }
        #endif
        if let successor = transfer?.successor, !others.contains(successor) { transfer = nil }
        wake()
    }

    #if MARTLET_MUTANTS
    /// What somebody has who does not vote, for the mutants that count it.
    func strangersMatchIndex(
        _ configuration: GroupConfiguration,
        _ settings: RaftSettings
    ) -> LogIndex? {
        switch settings.mutant {
        case .learnerVotes:
            followers.filter { !configuration.isVoter($0.replica) }.map(\.matchIndex).max()
        case .removedNodeVotes:
            followers.filter { !configuration.replicas.contains($0.replica) }
                .map(\.matchIndex).max()
        case _: nil
        }
    }
    #endif

    /// Changes what is known of one follower in place; nothing, if it is none.
    mutating func update(_ replica: ReplicaID, _ change: (inout Progress) -> Void) {
        guard let position = followers.firstIndex(where: { $0.replica == replica }) else { return }
        change(&followers[position])
        hasWork = true
    }
}

// Sending.
extension Leadership {
    /// Everything that followers are owed now: heartbeats, then appends or a snapshot; and the
    /// successor's summons.
    mutating func emit(from log: RaftLog, snapshot: SnapshotMark, into broadcast: inout Broadcast) {
        guard hasWork else { return }
        hasWork = false
        for position in followers.indices {
            if isHeartbeatDue {
                let isLast = isHeartbeatLast && followers[position].isSettled(at: log.lastIndex)
                sendHeartbeat(to: followers[position], isLast: isLast, into: &broadcast)
            }
            followers[position].emit(from: log, snapshot: snapshot, into: &broadcast)
        }
        isHeartbeatDue = false
        isHeartbeatLast = false
        summonSuccessor(of: log, into: &broadcast)
    }

    /// Asks all, as learners, too, must know that the leader lives; carries the newest open round.
    private func sendHeartbeat(
        to follower: Progress,
        isLast: Bool,
        into broadcast: inout Broadcast
    ) {
        #if MARTLET_MUTANTS
        let isLast = isLast || isHeartbeatLast && broadcast.mutant == .quiescesOverLaggingFollowers
        #endif
        let heartbeat = Heartbeat(
            commitIndex: broadcast.commitIndex(heldBy: follower),
            round: reads.openRound,
            isLast: isLast
        )
        broadcast.send(.heartbeat(heartbeat), to: follower.replica)
    }
}

extension Progress {
    /// Sends what the mode and the window allow.
    mutating func emit(from log: RaftLog, snapshot: SnapshotMark, into broadcast: inout Broadcast) {
        while !isWaiting {
            guard let previousTerm = log.term(at: nextIndex.previous) else {
                return emitSnapshot(snapshot, into: &broadcast)
            }
            let hasEntries = nextIndex <= log.lastIndex && !window.isFull
            // An append tells of commits even through a full window, but only of entries it sent.
            let hasCommit = min(broadcast.commitIndex, nextIndex.previous) > toldCommitIndex
            guard hasEntries || hasCommit || isOwedAppend else { return }
            let batch =
                hasEntries
                ? broadcast.entries(from: nextIndex, of: log) : EntryBatch(first: nextIndex)
            emitAppend(batch, after: previousTerm, into: &broadcast)
        }
    }

    private mutating func emitAppend(
        _ batch: EntryBatch,
        after previousTerm: Term,
        into broadcast: inout Broadcast
    ) {
        let previous = nextIndex.previous
        let append = AppendEntries(
            previousIndex: previous,
            previousTerm: previousTerm,
            entries: batch.entries,
            commitIndex: broadcast.commitIndex
        )
        broadcast.send(.append(append), to: replica)
        let lastIndex = previous + batch.entries.count
        sentAppend(batch, commitIndex: min(broadcast.commitIndex, lastIndex))
    }

    /// What it needs is compacted; but to one that is silent a snapshot would be wasted.
    private mutating func emitSnapshot(_ mark: SnapshotMark, into broadcast: inout Broadcast) {
        guard isRecentlyActive else { return }
        broadcast.send(.installSnapshot(mark), to: replica)
        sentSnapshot(at: mark.index)
    }
}
