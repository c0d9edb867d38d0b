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

/// A group's log ends here, whatever stands before in the journal.
///
/// What followed is lost, or not to be trusted. The group is damaged until a `JournalStanding` says
/// that it is whole. At index 0 nothing is left of it, nor of its snapshots.
public struct JournalCut: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex
    public var term: Term

    public init(group: GroupID, index: LogIndex, term: Term) {
        self.group = group
        self.index = index
        self.term = term
    }

    /// What covers the log up to the cut, if a snapshot does; nil at index 0.
    var mark: JournalMark? {
        index > .zero ? JournalMark(group: group, index: index, term: term) : nil
    }
}

/// Whether a group may vouch for what it once had, or is to be repaired from its peers first.
public struct JournalStanding: Sendable, Equatable {
    public var group: GroupID
    public var isWhole: Bool

    public init(group: GroupID, isWhole: Bool) {
        self.group = group
        self.isWhole = isWhole
    }
}

/// Where the journal held something of a group before.
///
/// So a group whose links lead over damage has lost nothing by it.
struct JournalLink: Sendable, Equatable {
    var group: GroupID

    /// The number of a batch; zero if there was none, `Limits.brokenLink` if it is not known.
    var previous: UInt64
}

/// What is written and synced together, and counts whole or not at all.
///
/// In the order links, states, marks, cuts, standings, entries. An entry replaces its group's entries from
/// its index on. A mark drops a group's entries if they differ from it at its index or end before
/// it, or if it says that it replaces them.
public struct JournalBatch: Sendable, Equatable {
    public var states: [JournalGroupState] = []
    public var marks: [JournalMark] = []
    public var cuts: [JournalCut] = []
    public var standings: [JournalStanding] = []
    public var entries: [JournalEntry] = []

    /// Made by the journal when it writes the batch.
    var links: [JournalLink] = []

    public init() {}

    public var isEmpty: Bool {
        states.isEmpty && marks.isEmpty && entries.isEmpty && cuts.isEmpty && standings.isEmpty
    }

    /// Of which groups it holds something, each once.
    var groups: [GroupID] {
        var found: [GroupID] = []
        func note(_ group: GroupID) { if found.last != group { found.append(group) } }
        for state in states { note(state.group) }
        for mark in marks { note(mark.group) }
        for cut in cuts { note(cut.group) }
        for standing in standings { note(standing.group) }
        for entry in entries { note(entry.group) }
        guard found.count > 1 else { return found }
        found.sort()
        var groups: [GroupID] = []
        for group in found where groups.last != group { groups.append(group) }
        return groups
    }

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

    /// Whether more was durable than is here: what is here is right, but may lack entries, a term and
    /// a vote that others count on.
    public internal(set) var isDamaged = false

    /// Whether damage lies between these entries and what the journal goes on with, which is left
    /// aside: it may follow entries that are lost.
    var isSuspended = false

    /// Whether a cut says what the damage left.
    var isCut = false

    /// What there was before a cut that does not follow it; `entries` begin behind the cut.
    var detached: DetachedLog?

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

    /// A group of which nothing is left, though something may have been there.
    public init(lost group: GroupID) {
        self.init(group: group)
        isDamaged = true
    }
}

/// A log before a cut that leads elsewhere: files with what lay between are gone, as a snapshot covers
/// it, or lost.
struct DetachedLog: Sendable, Equatable {
    /// Where the cut was; a mark must reach as far.
    var end: LogIndex
    var entries: [JournalEntry]
    var commitIndex: LogIndex
}
