internal import Bytes
public import Journal
internal import Model

/// What a disk has of one group.
struct HeldReplica: Sendable {
    var logged: RecoveredGroup?
    var snapshot: LoadedSnapshot?
}

/// What a disk has of groups that the node does not know of yet.
///
/// Which keyspaces there are, the control group's log says. A node that starts may have entries of a
/// keyspace before it has applied its creation; they are held until it has.
public struct HeldReplicas: Sendable {
    private var replicas: [GroupID: HeldReplica] = [:]

    /// Whether the journal may lack groups that it does not name.
    let isJournalDamaged: Bool

    public init() { isJournalDamaged = false }

    /// All that was found but of `seeds`, which are opened at once.
    public init(
        besides seeds: [GroupSeed],
        journal: [RecoveredGroup],
        snapshots: [LoadedSnapshot],
        isJournalDamaged: Bool = false
    ) {
        self.isJournalDamaged = isJournalDamaged
        for group in journal { replicas[group.group, default: HeldReplica()].logged = group }
        for snapshot in snapshots {
            replicas[snapshot.group, default: HeldReplica()].snapshot = snapshot
        }
        for seed in seeds { replicas[seed.id] = nil }
    }

    func isDropped(_ group: GroupID) -> Bool { replicas[group]?.logged?.isDropped ?? false }

    var groups: [GroupID] { replicas.keys.sorted() }

    mutating func take(_ group: GroupID) -> HeldReplica? { replicas.removeValue(forKey: group) }
}
