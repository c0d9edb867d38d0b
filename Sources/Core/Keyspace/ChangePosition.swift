public import Model

/// Where a change stands in the history: its revision, and its place among that revision's changes.
///
/// etcd calls the two main and sub.
public struct ChangePosition: Sendable, Hashable, Comparable {
    public var revision: Revision
    public var sub: Int64

    /// By default, before all changes.
    public init(revision: Revision = .zero, sub: Int64 = 0) {
        self.revision = revision
        self.sub = sub
    }

    public static func < (left: ChangePosition, right: ChangePosition) -> Bool {
        left.order(against: right) < 0
    }

    /// The position after all changes of `revision`.
    static func end(of revision: Revision) -> ChangePosition {
        ChangePosition(revision: revision, sub: .max)
    }

    var next: ChangePosition { ChangePosition(revision: revision, sub: sub &+ 1) }

    var previous: ChangePosition { ChangePosition(revision: revision, sub: sub &- 1) }
}

/// Where to go on with a snapshot's records.
public typealias SnapshotCursor = ChangePosition

extension ChangePosition: TreeKey {
    func order(against other: ChangePosition) -> Int {
        if revision != other.revision { return revision < other.revision ? -1 : 1 }
        return sub < other.sub ? -1 : sub == other.sub ? 0 : 1
    }

    func fingerprint(after count: Int) -> UInt64 { revision.number.orderedBits }
}
