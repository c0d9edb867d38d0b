public import Model

/// What became of a proposal.
public enum ProposeOutcome: Sendable, Equatable {
    /// In the leader's log at this index; it may still be lost to a new leader.
    case accepted(LogIndex)

    /// Certainly not in the log; the leader, if known, would take it.
    case notLeader(ReplicaID?)

    /// Certainly not in the log; to be tried again once a majority has caught up.
    case tooManyUncommittedBytes(limit: Int)

    /// Certainly not in the log, as this leader hands over: to be kept until that has worked, and
    /// the successor leads, or was given up.
    case handingOver(to: ReplicaID)
}

/// What became of a request to hand leadership over.
public enum TransferOutcome: Sendable, Equatable {
    /// Under way: it has worked once `Raft.leader` is the successor, and was given up if `successor`
    /// is nil while this replica still leads.
    case begun

    /// The successor is this leader itself: nothing to do; a transfer under way is given up.
    case leadsAlready

    case notLeader(ReplicaID?)

    /// The group has no such voter.
    case notVoter
}

/// What became of a request to read.
public enum ReadOutcome: Sendable, Equatable {
    /// Will be in `Ready.readable` or in `Ready.droppedReads`, exactly once.
    case accepted

    case notLeader(ReplicaID?)

    /// To be tried again once a majority has answered.
    case tooManyReads(limit: Int)
}
