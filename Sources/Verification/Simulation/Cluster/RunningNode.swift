internal import Groups
internal import Journal
internal import Keyspace
internal import Model

/// One boot of a node: its shard and its two storage threads, as the production driver has them.
final class RunningNode {
    let boot: UInt64
    let shard: Shard
    let journal: JournalThread<SimulatedDisk>
    let snapshots: SnapshotThread<SimulatedDisk>
    var effects = ShardEffects()

    /// The first is under way, if the thread is busy.
    var journalJobs: [JournalJob] = []
    var isJournalBusy = false
    var snapshotJobs: [SnapshotJob] = []
    var isTurnDue = false

    /// Whether an append is under way, as the shard sees it; more may gather behind it.
    var isAppendUnderWay = false

    /// The next append is the one before it, tried again after a full disk.
    var isAppendRetried = false

    /// Up to which index each keyspace's state was last held against the others'.
    var compared: [LogIndex]

    /// What was last seen of each group, and whether its journal or disk has changed since.
    var statuses: [GroupStatus?]
    var isDiskChanged = true

    /// What the disk remembered, and what of groups that the node opens once it knows of them.
    let recovered: [RecoveredReplica]
    let held: [RecoveredReplica]

    /// Whether the journal has lost something that nothing has replaced yet.
    let isJournalDamaged: Bool

    /// What was last seen of those.
    var passingStatuses: [GroupID: GroupStatus] = [:]

    /// Why a node does not come up.
    enum StartFailure: Error {
        case journal(JournalError)
        case recovery(RecoveryError)

        /// Something that was on the disk is not there any more, and was found missing.
        var isDamage: Bool {
            switch self {
            case .journal(.damaged), .recovery(.storage(.damaged)), .recovery(.gap),
                .recovery(.snapshotMissing), .recovery(.snapshotMalformed),
                .recovery(.unrepairable):
                true
            case .journal, .recovery: false
            }
        }
    }

    init(
        _ node: SimulatedNode,
        peers: [NodeID],
        seeds: [GroupSeed],
        passing: [GroupSeed],
        options: SimulationOptions
    ) throws(StartFailure) {
        boot = node.starts
        compared = [LogIndex](repeating: .zero, count: options.keyspaces)
        statuses = [GroupStatus?](repeating: nil, count: options.keyspaces + 1)
        let journal: Journal<SimulatedDisk>
        let groups: [RecoveredGroup]
        let settings = Self.journal(options, peers: peers.count)
        let store: SnapshotStore<SimulatedDisk>
        do throws(JournalError) {
            (journal, groups) = try Journal.open(
                on: node.disk,
                in: "journal",
                settings: settings
            )
            store = try SnapshotStore(on: node.disk, in: "groups", settings: settings)
        } catch {
            throw .journal(error)
        }
        isJournalDamaged = !journal.damages.isEmpty
        var replicas: [RecoveredReplica]
        let held: HeldReplicas
        do throws(RecoveryError) {
            let loaded = try Recovery.snapshots(of: seeds, in: store).loaded
            replicas = try Recovery.replicas(
                of: seeds,
                journal: groups,
                snapshots: loaded,
                isJournalDamaged: isJournalDamaged
            )
            self.held = try Recovery.replicas(of: passing, journal: groups, snapshots: loaded)
            held = HeldReplicas(
                besides: seeds,
                journal: groups,
                snapshots: loaded,
                isJournalDamaged: isJournalDamaged
            )
        } catch {
            throw .recovery(error)
        }
        #if MARTLET_MUTANTS
        Self.plant(options.mutant, in: &replicas)
        #endif
        recovered = replicas
        shard = Shard(
            node: node.id,
            peers: peers,
            boots: node.boots,
            settings: options.shard,
            recovered: replicas,
            held: held,
            life: NodeLife(incarnation: node.incarnation, batch: journal.durableBatchNumber),
            seed: options.seed &+ node.id.number &* 7919 &+ node.starts
        )
        self.journal = JournalThread(journal)
        snapshots = SnapshotThread(store, chunkBytes: options.snapshotChunkBytes)
        #if MARTLET_MUTANTS
        for group in shard.groupIDs {
            shard.keyspace(group)?.watches.mutant = options.mutant?.watch
        }
        #endif
    }

    private static func journal(_ options: SimulationOptions, peers: Int) -> JournalSettings {
        var settings = JournalSettings()
        settings.fileBytes = options.journalFileBytes
        settings.isRepairable = peers > 1
        #if MARTLET_MUTANTS
        settings.mutant = options.mutant?.journal
        #endif
        return settings
    }

    #if MARTLET_MUTANTS
    private static func plant(_ mutant: Mutant?, in replicas: inout [RecoveredReplica]) {
        for place in replicas.indices {
            guard case .keyspace(var keyspace) = replicas[place].source else { continue }
            keyspace.mutant = mutant?.keyspace
            replicas[place].source = .keyspace(keyspace)
        }
    }
    #endif
}
