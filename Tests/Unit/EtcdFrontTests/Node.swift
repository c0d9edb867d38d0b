import Bytes
import Controller
import Environment
import EtcdFront
import EtcdWire
import Groups
import Keyspace
import KeyspaceModel
import Model
import RaftCore

/// A cluster of one: the shard and its front as they run, with a disk that is always at once done.
final class Node {
    let shard: Shard
    let front: EtcdFront
    let workers = TestWorkers()
    private(set) var now = Instant(1_000_000_000)

    /// How many appends the disk still carries out; the rest waits.
    var appendsLeft = Int.max

    private var effects = ShardEffects()

    init(
        settings: EtcdFrontSettings = EtcdFrontSettings(),
        isAlone: Bool = true,
        quotaBytes: Int? = nil
    ) {
        var shardSettings = ShardSettings()
        shardSettings.quotaBytes = quotaBytes
        let id = NodeID(0x5eed)
        let voters = isAlone ? [id] : [id, NodeID(0x5eee), NodeID(0x5eef)]
        let configuration = GroupConfiguration(voters: voters.map { ReplicaID($0.number) })
        let seeds = GroupSeed.ofNewCluster(configuration)
        shard = Shard(
            node: id,
            peers: voters,
            boots: 1,
            settings: shardSettings,
            recovered: seeds.map { RecoveredReplica(new: $0) },
            seed: 7
        )
        let cluster = ClusterView(
            cluster: ClusterID(0xc1),
            members: voters.map {
                ClusterView.Member(
                    id: $0,
                    name: "node-\($0)",
                    peerURLs: ["http://127.0.0.1:2380"],
                    clientURLs: ["http://127.0.0.1:2379"]
                )
            }
        )
        front = EtcdFront(
            shard: shard,
            cluster: cluster,
            settings: settings,
            random: FixedRandom(),
            workers: workers
        )
        guard isAlone else {
            pass(milliseconds: 100)
            return
        }
        while shard.status(.defaultKeyspace)?.isLeader != true { pass(milliseconds: 50) }
        pass(milliseconds: 50)
    }

    var watches: WatchHub? { shard.keyspace(.defaultKeyspace)?.watches }

    var keyspace: Keyspace? { shard.keyspace(.defaultKeyspace)?.keyspace }

    var lastIndex: LogIndex? { shard.status(.defaultKeyspace)?.lastIndex }

    /// The append that the disk did not carry out is done after all.
    func finishAppend() { shard.completed(.appended(upTo: 0)) }

    /// Lets time pass, a tick at a time.
    func pass(milliseconds: Int) {
        for _ in 0..<max(1, milliseconds / 50) {
            now = now + 50_000_000
            shard.advance(to: now)
            front.advance(to: now)
            turn()
        }
    }

    /// Commands that no client waits for; applied by the next turn.
    func grant(_ request: LeaseGrantRequest) { propose(.leaseGrant, request.encoded) }

    func put(_ request: PutRequest) { propose(.put, request.encoded) }

    private func propose(_ kind: CommandKind, _ body: ByteSlice) {
        shard.propose(kind, body: body, to: .defaultKeyspace, for: Waiter(client: .max, request: 0))
    }

    /// Says who belongs to the cluster, as a first leader does.
    func found() {
        shard.propose(
            .membersFounded([MemberRecord(id: shard.node, peerURLs: ["http://127.0.0.1:2380"])])
        )
        turn()
    }

    /// Takes turns until there is nothing left to do.
    func turn() {
        repeat {
            shard.turn(into: &effects)
            for job in effects.journalJobs {
                guard case .append = job, appendsLeft > 0 else { continue }
                appendsLeft -= 1
                shard.completed(.appended(upTo: 0))
            }
            front.deliver(effects.completions, effects.watches)
            if !effects.droppedGroups.isEmpty { front.end(effects.droppedGroups) }
        } while shard.hasWork
    }
}

/// Chance without surprises: the middle of what is possible.
final class FixedRandom: RandomSource {
    func next() -> UInt64 { 1 << 63 | 0x2a }
}
