public import Model

/// What a replica must remember besides its log (Raft's hard state).
public struct JournalState: Sendable, Equatable {
    public var term: Term

    /// The replica voted for in `term`; 0 is "none".
    public var votedFor: UInt64

    public var commitIndex: LogIndex

    public init(term: Term = .zero, votedFor: UInt64 = 0, commitIndex: LogIndex = .zero) {
        self.term = term
        self.votedFor = votedFor
        self.commitIndex = commitIndex
    }
}

/// A group's new state.
public struct JournalGroupState: Sendable, Equatable {
    public var group: GroupID
    public var state: JournalState

    public init(group: GroupID, state: JournalState) {
        self.group = group
        self.state = state
    }
}
