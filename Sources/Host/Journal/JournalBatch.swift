public import Bytes
public import Model

/// One entry of one group's log.
public struct JournalEntry: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex
    public var term: Term
    public var kind: UInt8
    public var payload: ByteSlice

    public init(group: GroupID, index: LogIndex, term: Term, kind: UInt8, payload: ByteSlice) {
        self.group = group
        self.index = index
        self.term = term
        self.kind = kind
        self.payload = payload
    }
}

/// What a group must remember besides its entries.
public struct JournalState: Sendable, Equatable {
    public var term: Term

    /// Zero for nobody.
    public var votedFor: UInt64

    public var commitIndex: LogIndex

    public init(term: Term, votedFor: UInt64, commitIndex: LogIndex) {
        self.term = term
        self.votedFor = votedFor
        self.commitIndex = commitIndex
    }
}

public struct JournalGroupState: Sendable, Equatable {
    public var group: GroupID
    public var state: JournalState

    public init(group: GroupID, state: JournalState) {
        self.group = group
        self.state = state
    }
}

/// A durable snapshot stands for all entries of a group up to `index`.
public struct JournalMark: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex
    public var term: Term

    /// Whether the snapshot came in place of a log that differed: then no entry written before it
    /// follows it, though its index may seem to.
    public var replacesLog: Bool

    public init(group: GroupID, index: LogIndex, term: Term, replacesLog: Bool = false) {
        self.group = group
        self.index = index
        self.term = term
        self.replacesLog = replacesLog
    }
}

/// What is written and synced together, and counts whole or not at all.
///
/// In the order states, marks, entries. An entry replaces its group's entries from its index on. A
/// mark drops a group's entries if they differ from it at its index or end before it, or if it says
/// that it replaces them.
public struct JournalBatch: Sendable, Equatable {
    public var states: [JournalGroupState] = []
    public var marks: [JournalMark] = []
    public var entries: [JournalEntry] = []

    public init() {}

    public var isEmpty: Bool { states.isEmpty && marks.isEmpty && entries.isEmpty }

    /// Adds the mark of a snapshot that came from the leader and replaced the group's log.
    ///
    /// Entries that the batch has of the log before it are taken out: a mark comes before the entries
    /// of its batch, so they would be read as following the snapshot, which they need not do.
    public mutating func install(_ mark: JournalMark) {
        entries.removeAll { $0.group == mark.group }
        marks.append(mark)
    }
}

/// A group as the journal remembers it.
public struct RecoveredGroup: Sendable, Equatable {
    public var group: GroupID
    public var state: JournalState?
    public var mark: JournalMark?

    /// Without gaps; the first may lie before the mark's index, or just behind it.
    public var entries: [JournalEntry]

    public init(
        group: GroupID,
        state: JournalState? = nil,
        mark: JournalMark? = nil,
        entries: [JournalEntry] = []
    ) {
        self.group = group
        self.state = state
        self.mark = mark
        self.entries = entries
    }
}
