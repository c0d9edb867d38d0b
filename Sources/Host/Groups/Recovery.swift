internal import Bytes
internal import Controller
public import Journal
internal import Keyspace
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

    /// The groups of a new cluster, all on the same nodes: its metadata, and keyspaces with nothing in
    /// them.
    public static func ofNewCluster(
        _ configuration: GroupConfiguration,
        keyspaces: [GroupID] = [.defaultKeyspace]
    ) -> [GroupSeed] {
        let control = GroupSeed(
            id: .control,
            source: .control(MetadataImage()),
            configuration: configuration
        )
        return [control]
            + keyspaces.map {
                GroupSeed(id: $0, source: .keyspace(Keyspace()), configuration: configuration)
            }
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

    /// Whether more was on the disk once: it follows without a voice until it is repaired.
    public let isDamaged: Bool

    init(
        id: GroupID,
        source: SnapshotSource,
        restored: RestoredReplica,
        snapshotBytes: Int = 0,
        isDamaged: Bool = false
    ) {
        self.id = id
        self.source = source
        self.restored = restored
        self.snapshotBytes = snapshotBytes
        self.isDamaged = isDamaged
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

    /// The group is damaged, and no peer has what it lacks.
    case unrepairable(GroupID)
}

/// Puts snapshots and journal together again, group by group.
public enum Recovery {
    /// `isJournalDamaged` says that the journal may lack groups that it does not name.
    public static func replicas(
        of seeds: [GroupSeed],
        journal: [RecoveredGroup],
        snapshots: [LoadedSnapshot],
        isJournalDamaged: Bool = false
    ) throws(RecoveryError) -> [RecoveredReplica] {
        var replicas: [RecoveredReplica] = []
        for seed in seeds.sorted(by: { $0.id < $1.id }) {
            let found = HeldReplica(
                logged: journal.first { $0.group == seed.id },
                snapshot: snapshots.first { $0.group == seed.id }
            )
            replicas.append(try replica(of: seed, found, mayBeLost: isJournalDamaged))
        }
        return replicas
    }

    /// `mayBeLost` says that the disk has held the group, of which it may have nothing now.
    static func replica(
        of seed: GroupSeed,
        _ found: HeldReplica?,
        mayBeLost: Bool
    ) throws(RecoveryError) -> RecoveredReplica {
        try replica(
            of: seed,
            logged: found?.logged ?? lost(seed.id, mayBeLost),
            snapshot: found?.snapshot
        )
    }

    private static func lost(_ group: GroupID, _ isDamaged: Bool) -> RecoveredGroup? {
        isDamaged ? RecoveredGroup(lost: group) : nil
    }

    private static func replica(
        of seed: GroupSeed,
        logged: RecoveredGroup?,
        snapshot: LoadedSnapshot?
    ) throws(RecoveryError) -> RecoveredReplica {
        let mark =
            snapshot?.mark
            ?? SnapshotMark(index: .zero, term: .zero, configuration: seed.configuration)
        let log = logged?.entries ?? []
        let isDamaged = try isDamaged(logged, behind: mark, in: seed)
        let isUsable = !isDamaged || follows(log, mark)
        let entries = isUsable ? try suffix(of: log, after: mark, in: seed.id) : []
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
            snapshotBytes: snapshot?.byteCount ?? 0,
            isDamaged: isDamaged
        )
    }

    /// Whether more was durable than this disk has; an error for a group without peers.
    ///
    /// If the snapshot that the journal speaks of is gone, an older one will do, as long as the log
    /// reaches back to it.
    private static func isDamaged(
        _ logged: RecoveredGroup?,
        behind mark: SnapshotMark,
        in seed: GroupSeed
    ) throws(RecoveryError) -> Bool {
        guard let logged else { return false }
        let hasPeers = mark.configuration.voters.count > 1
        if logged.isDamaged {
            guard hasPeers else { throw .unrepairable(seed.id) }
            return true
        }
        guard let marked = logged.mark, marked.index > mark.index else { return false }
        if let last = logged.entries.last, last.index >= marked.index, follows(logged.entries, mark)
        {
            return false
        }
        guard hasPeers else { throw .snapshotMissing(seed.id, marked.index) }
        return true
    }

    /// Whether a log goes on where a snapshot ends, or before.
    private static func follows(_ log: [JournalEntry], _ mark: SnapshotMark) -> Bool {
        guard let first = log.first else { return true }
        guard first.index <= mark.index else { return first.index == mark.index.next }
        let place = mark.index - first.index
        return place >= log.count || log[place].term == mark.term
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
