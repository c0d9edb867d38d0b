public import Model

/// Says that a durable snapshot covers all of a group's entries up to and with `index`.
public struct JournalMark: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex

    /// The term of the entry at `index`. If the log has another there, the snapshot came from
    /// elsewhere, and what follows in the log is dropped.
    public var term: Term

    public init(group: GroupID, index: LogIndex, term: Term) {
        self.group = group
        self.index = index
        self.term = term
    }
}
