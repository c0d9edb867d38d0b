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

/// What became of a request to change who votes and who learns.
public enum ChangeOutcome: Sendable, Equatable {
    /// In the leader's log at this index, and in force; done once `Raft.isSettled`.
    case begun(LogIndex)

    /// The group is as it is wanted already.
    case unchanged

    case notLeader(ReplicaID?)

    /// To be tried again once this leader has committed an entry of its own term.
    case tooEarly

    /// To be tried again once the change before it is committed, or leadership handed over.
    case changeUnderWay

    /// A group needs a voter, and a replica has one part in it.
    case notAGroup
}

/// What became of a request to read.
public enum ReadOutcome: Sendable, Equatable {
    /// Will be in `Ready.readable` or in `Ready.droppedReads`, exactly once.
    case accepted

    case notLeader(ReplicaID?)

    /// To be tried again once a majority has answered.
    case tooManyReads(limit: Int)
}
