import Controller
import Environment
import Groups
import Journal
import Keyspace
import Model
import RaftCore
import SystemEnvironment

/// What a node finds on its disk, and the threads that go on writing there.
struct RecoveredStorage: Sendable {
    let storage: ShardStorage
    let replicas: [RecoveredReplica]
    let held: HeldReplicas
    let boots: UInt64
    let life: NodeLife

    /// What was found damaged, repaired since or not.
    let damages: [JournalError]

    func shard(of configuration: NodeConfiguration) -> Shard {
        var settings = ShardSettings()
        settings.quotaBytes = configuration.quotaBytes
        return Shard(
            node: configuration.id,
            peers: configuration.firstPeers.map(\.node),
            boots: boots,
            settings: settings,
            recovered: replicas,
            held: held,
            life: life,
            seed: SystemRandomSource().next()
        )
    }

    /// Opens journal and snapshots of shard 0 on the threads that will own them.
    static func recover(
        for configuration: NodeConfiguration,
        boots: UInt64,
        incarnation: Incarnation
    ) async throws(Complaint) -> RecoveredStorage {
        let root = configuration.dataDirectory
        let journal = IOThread<JournalThread<SystemDisk>?>(name: "journal-0") { nil }
        let snapshots = IOThread<SnapshotThread<SystemDisk>?>(name: "snapshots-0") { nil }
        let seeds = seeds(of: configuration)
        var settings = JournalSettings()
        // What no client can guess, no client can forge a batch of within a value.
        settings.salt = SystemRandomSource().next()
        settings.isRepairable = configuration.members.count > 1
        let journalSettings = settings
        let replicas: [RecoveredReplica]
        let held: HeldReplicas
        let damages: [JournalError]
        let batch: UInt64
        do {
            // Side by side: the one waits for the disk while the other decodes.
            async let logged = journal.open { thread in
                let (journal, recovered) = try Journal.open(
                    on: SystemDisk(root: root),
                    in: "shard-0/journal",
                    settings: journalSettings
                )
                thread = JournalThread(journal)
                return (recovered, journal.damages, journal.durableBatchNumber)
            }
            async let loaded = snapshots.open { thread in
                let store = try SnapshotStore(
                    on: SystemDisk(root: root),
                    in: "shard-0/groups",
                    settings: JournalSettings()
                )
                thread = SnapshotThread(store)
                return try Recovery.snapshots(of: seeds, in: store)
            }
            let (groups, journalDamages, lastBatch) = try await logged
            let snapshots = try await loaded
            damages = journalDamages + snapshots.damages
            batch = lastBatch
            replicas = try Recovery.replicas(
                of: seeds,
                journal: groups,
                snapshots: snapshots.loaded,
                isJournalDamaged: !journalDamages.isEmpty
            )
            held = HeldReplicas(
                besides: seeds,
                journal: groups,
                snapshots: snapshots.loaded,
                isJournalDamaged: !journalDamages.isEmpty
            )
        } catch {
            throw Complaint(
                failure: "cannot recover from \(root)",
                cause: "\(error)",
                fix: "keep the directory as it is, and follow docs/operations/damaged-data.md"
            )
        }
        return RecoveredStorage(
            storage: ShardStorage(journal: journal, snapshots: snapshots),
            replicas: replicas,
            held: held,
            boots: boots,
            life: NodeLife(incarnation: incarnation, batch: batch),
            damages: damages
        )
    }

    /// The groups of a new cluster: its metadata, and one keyspace.
    private static func seeds(of configuration: NodeConfiguration) -> [GroupSeed] {
        let voters = configuration.members.map { ReplicaID($0.id.number) }
        // Who joins a running cluster is told by its leaders who belongs to the groups.
        let group =
            configuration.admission == nil ? GroupConfiguration(voters: voters) : .unknown
        return GroupSeed.ofNewCluster(group)
    }
}

extension IOThread {
    /// Runs `body` on the thread, and hands over what it returns or throws.
    fileprivate func open<Value: Sendable>(
        _ body: @escaping @Sendable (inout State) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { state in
                continuation.resume(with: Result { try body(&state) })
            }
        }
    }
}
