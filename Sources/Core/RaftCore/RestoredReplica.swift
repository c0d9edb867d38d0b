internal import Model

/// What a replica finds on its disk when it starts.
public struct RestoredReplica: Sendable {
    public var hardState: HardState

    /// The latest snapshot; for a new group the mark at index 0 with its first configuration.
    public var snapshot: SnapshotMark

    /// Contiguous, the first right after the snapshot.
    public var entries: [Entry]

    /// Present if more was on the disk once: then this replica must be repaired before its vote, its
    /// term and its entries count (`Raft+Repair`).
    public var repair: RepairID?

    public init(hardState: HardState, snapshot: SnapshotMark, entries: [Entry]) {
        self.hardState = hardState
        self.snapshot = snapshot
        self.entries = entries
    }

    /// A group's beginning: no entries, no votes, only who belongs to it.
    public init(bootstrap configuration: GroupConfiguration) {
        self.init(
            hardState: .initial,
            snapshot: SnapshotMark(index: .zero, term: .zero, configuration: configuration),
            entries: []
        )
    }
}
