internal import Bytes
public import Environment
public import Journal
public import Model
public import RaftCore

/// A group that a node holds from its first start on.
public struct GroupSeed: Sendable {
    public var id: GroupID
    public var source: SnapshotSource
    public var configuration: GroupConfiguration

    /// `source` is the empty state.
    public init(id: GroupID, source: SnapshotSource, configuration: GroupConfiguration) {
        self.id = id
        self.source = source
        self.configuration = configuration
    }
}

/// A group's replica as its disk remembers it.
public struct RecoveredReplica: Sendable {
    public var id: GroupID

    /// The state machine at the snapshot.
    public var source: SnapshotSource

    public var restored: RestoredReplica

    /// Of the snapshot's file; zero if there is none.
    var snapshotBytes: Int

    init(
        id: GroupID,
        source: SnapshotSource,
        restored: RestoredReplica,
        snapshotBytes: Int = 0
    ) {
        self.id = id
        self.source = source
        self.restored = restored
        self.snapshotBytes = snapshotBytes
    }

    /// A group that nothing was ever written of.
    public init(new seed: GroupSeed) {
        self.init(
            id: seed.id,
            source: seed.source,
            restored: RestoredReplica(
                hardState: .initial,
                snapshot: SnapshotMark(
                    index: .zero,
                    term: .zero,
                    configuration: seed.configuration
                ),
                entries: []
            )
        )
    }
}

/// Why a node cannot start from its disk.
public enum RecoveryError: Error, Sendable, Equatable {
    case storage(JournalError)

    /// The journal begins behind the snapshot's end: entries between are missing.
    case gap(GroupID, snapshot: LogIndex, firstEntry: LogIndex)

    /// The journal says that a snapshot was taken, and it is not there.
    case snapshotMissing(GroupID, LogIndex)

    case snapshotMalformed(GroupID, String)
}

/// A group's newest snapshot, loaded.
public struct LoadedSnapshot: Sendable {
    let group: GroupID
    let mark: SnapshotMark
    let source: SnapshotSource
    let byteCount: Int
}

/// Puts snapshots and journal together again, group by group.
public enum Recovery {
    /// The groups' newest snapshots, of those that have one; takes most of a start's time, and does
    /// not need the journal.
    public static func snapshots<Storage: Disk>(
        of seeds: [GroupSeed],
        in store: SnapshotStore<Storage>
    ) throws(RecoveryError) -> [LoadedSnapshot] {
        var loaded: [LoadedSnapshot] = []
        for seed in seeds {
            guard let snapshot = try SnapshotCodec.load(seed.id, from: store) else {
                continue
            }
            loaded.append(snapshot)
        }
        return loaded
    }

    public static func replicas(
        of seeds: [GroupSeed],
        journal: [RecoveredGroup],
        snapshots: [LoadedSnapshot]
    ) throws(RecoveryError) -> [RecoveredReplica] {
        var replicas: [RecoveredReplica] = []
        for seed in seeds.sorted(by: { $0.id < $1.id }) {
            let logged = journal.first { $0.group == seed.id }
            let snapshot = snapshots.first { $0.group == seed.id }
            replicas.append(try replica(of: seed, logged: logged, snapshot: snapshot))
        }
        return replicas
    }

    private static func replica(
        of seed: GroupSeed,
        logged: RecoveredGroup?,
        snapshot: LoadedSnapshot?
    ) throws(RecoveryError) -> RecoveredReplica {
        let mark =
            snapshot?.mark
            ?? SnapshotMark(index: .zero, term: .zero, configuration: seed.configuration)
        if let marked = logged?.mark, marked.index > mark.index {
            throw .snapshotMissing(seed.id, marked.index)
        }
        let entries = try suffix(of: logged?.entries ?? [], after: mark, in: seed.id)
        var hardState = HardState.initial
        if let state = logged?.state {
            hardState = HardState(
                term: state.term,
                votedFor: state.votedFor == 0 ? nil : ReplicaID(state.votedFor),
                commitIndex: state.commitIndex
            )
        }
        hardState.commitIndex = max(hardState.commitIndex, mark.index)
        hardState.term = max(hardState.term, mark.term)
        return RecoveredReplica(
            id: seed.id,
            source: snapshot?.source ?? seed.source,
            restored: RestoredReplica(hardState: hardState, snapshot: mark, entries: entries),
            snapshotBytes: snapshot?.byteCount ?? 0
        )
    }

    /// The entries behind the snapshot; none of them if the log differs from it at its end, as a
    /// snapshot was then installed over it.
    private static func suffix(
        of logged: [JournalEntry],
        after mark: SnapshotMark,
        in group: GroupID
    ) throws(RecoveryError) -> [Entry] {
        guard let first = logged.first, let last = logged.last, last.index > mark.index else {
            return []
        }
        guard first.index.number <= mark.index.number + 1 else {
            throw .gap(group, snapshot: mark.index, firstEntry: first.index)
        }
        if first.index <= mark.index, logged[mark.index - first.index].term != mark.term {
            return []
        }
        var entries: [Entry] = []
        for entry in logged where entry.index > mark.index {
            guard let kind = Entry.Kind(rawValue: entry.kind) else {
                throw .snapshotMalformed(group, "an entry of kind \(entry.kind)")
            }
            entries.append(
                Entry(index: entry.index, term: entry.term, kind: kind, payload: entry.payload)
            )
        }
        return entries
    }
}
