internal import Bytes
public import Environment
public import Journal
internal import Model
internal import RaftCore

/// A group's newest snapshot that is whole, loaded.
public struct LoadedSnapshot: Sendable {
    let group: GroupID
    let mark: SnapshotMark
    let source: SnapshotSource
    let byteCount: Int
}

/// What a start found of the groups' snapshots.
public struct LoadedSnapshots: Sendable {
    /// One a group at most; those without any are not among them.
    public internal(set) var loaded: [LoadedSnapshot] = []

    /// Damaged files, which were set aside: peers have what they held.
    public internal(set) var damages: [JournalError] = []
}

extension Recovery {
    /// The newest whole snapshot of each group that has any, also of such as are not known yet; takes most of a start's time, and does not need the
    /// journal.
    ///
    /// A damaged one of a group that has peers is set aside, for the next older one or for a repair;
    /// of a group without it is an error.
    public static func snapshots<Storage: Disk>(
        of seeds: [GroupSeed],
        in store: SnapshotStore<Storage>
    ) throws(RecoveryError) -> LoadedSnapshots {
        var found = LoadedSnapshots()
        // All keyspaces are on the same members, so where one group has peers, all have.
        let hasPeers = seeds.contains { $0.configuration.voters.count > 1 }
        let others = try attempt { () throws(JournalError) in try store.groups() }
        for group in Set(seeds.map(\.id) + others).sorted() {
            try load(group, from: store, into: &found, isRepairable: hasPeers)
        }
        return found
    }

    private static func load<Storage: Disk>(
        _ group: GroupID,
        from store: SnapshotStore<Storage>,
        into found: inout LoadedSnapshots,
        isRepairable: Bool
    ) throws(RecoveryError) {
        for file in try attempt({ () throws(JournalError) in try store.snapshots(of: group) }) {
            do throws(RecoveryError) {
                let descriptor = try attempt { () throws(JournalError) in try file.get() }
                found.loaded.append(try SnapshotCodec.load(descriptor, of: group, from: store))
                return
            } catch .storage(.damaged(let path, let offset, let reason)) where isRepairable {
                found.damages.append(.damaged(path: path, offset: offset, reason: reason))
                try attempt { () throws(JournalError) in try store.setAside(path) }
            }
        }
    }

    private static func attempt<Value>(
        _ body: () throws(JournalError) -> Value
    ) throws(RecoveryError) -> Value {
        do throws(JournalError) {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}
