public import Model

/// What became of a proposal.
public enum ProposeOutcome: Sendable, Equatable {
    /// In the leader's log at this index; it may still be lost to a new leader.
    case accepted(LogIndex)

    /// Certainly not in the log; the leader, if known, would take it.
    case notLeader(ReplicaID?)

    /// Certainly not in the log; to be tried again once a majority has caught up.
    case tooManyUncommittedBytes(limit: Int)
}

/// What became of a request to read.
public enum ReadOutcome: Sendable, Equatable {
    /// Will be in `Ready.readable` or in `Ready.droppedReads`, exactly once.
    case accepted

    case notLeader(ReplicaID?)

    /// To be tried again once a majority has answered.
    case tooManyReads(limit: Int)
}
