public import Model

/// A group as the journal remembers it.
public struct RecoveredGroup: Sendable, Equatable {
    public var group: GroupID
    public var state: JournalState

    /// The newest snapshot that the journal was told of.
    public var mark: JournalMark?

    /// The entries up to here were released; zero if there was no release beyond the mark.
    public var releasedUpTo: LogIndex

    /// Contiguous, from the first that neither the mark nor a release covers.
    public var entries: [JournalEntry]

    public init(
        group: GroupID,
        state: JournalState,
        mark: JournalMark? = nil,
        releasedUpTo: LogIndex = .zero,
        entries: [JournalEntry] = []
    ) {
        self.group = group
        self.state = state
        self.mark = mark
        self.releasedUpTo = releasedUpTo
        self.entries = entries
    }
}
