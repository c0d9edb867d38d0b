import Bytes
import Controller
import EtcdWire
import Groups
import Journal
import Keyspace
import KeyspaceModel
import Model
import RaftCore

/// Shards that talk to each other at once and whose journals are always durable, unless told
/// otherwise.
///
/// Time passes in ticks.
final class TestCluster {
    final class Member {
        let shard: Shard
        var effects = ShardEffects()
        var completions: [Completion] = []
        var facts: [Fact] = []
        var snapshotJobs: [SnapshotJob] = []

        /// What went to the journal, and for which groups it was to let files go.
        var appended: [JournalBatch] = []
        var released: [GroupID] = []

        /// How often cold data was to be read again; nobody does.
        var scrubSteps = 0
        var isCutOff = false
        var isDiskFull = false

        /// Its journal's jobs never end.
        var isDiskHanging = false

        /// Hears nobody; or nobody hears it.
        var isDeaf = false
        var isMute = false

        /// Called once, as soon as this member hears of a leader, before its next turn.
        var onLeader: (() -> Void)?

        /// Every frame that this member has sent, for replays.
        var sent: [OutgoingFrame] = []

        /// The journal's last batch.
        var batch: UInt64

        init(_ shard: Shard) {
            self.shard = shard
            batch = shard.life.batch
        }
    }

    let nodes: [NodeID]
    private(set) var members: [Member] = []
    private var now = Instant(1_000_000_000)
    private let settings: ShardSettings
    private let seeds: [GroupSeed]

    /// Groups without anything in them, unless `seeds` has others.
    ///
    /// `spares` more nodes belong to nothing until they are added. Of the groups in `damaged` every disk has lost all.
    init(
        nodes count: UInt64,
        spares: UInt64 = 0,
        settings: ShardSettings = ShardSettings(),
        seeds given: [GroupSeed] = [],
        damaged: [GroupID] = [],
        held: HeldReplicas = HeldReplicas(),
        lives: [NodeLife] = []
    ) {
        let nodes = (1...count + spares).map { NodeID($0) }
        self.nodes = nodes
        self.settings = settings
        let configuration = GroupConfiguration(voters: (1...count).map { ReplicaID($0) })
        let seeds = given.isEmpty ? GroupSeed.ofNewCluster(configuration) : given
        self.seeds = seeds
        members = nodes.map { node in
            Member(
                Shard(
                    node: node,
                    peers: nodes,
                    boots: 1,
                    settings: settings,
                    recovered: seeds.map { seed in
                        var seed = seed
                        if node.number > count { seed.configuration = .unknown }
                        return damaged.contains(seed.id)
                            ? Self.lost(seed) : RecoveredReplica(new: seed)
                    },
                    held: held,
                    life: lives.isEmpty ? .unknown : lives[Int(node.number) - 1],
                    seed: node.number
                )
            )
        }
        for member in members { member.shard.advance(to: now) }
    }

    private static func lost(_ seed: GroupSeed) -> RecoveredReplica {
        let lost = [RecoveredGroup(lost: seed.id)]
        guard let found = try? Recovery.replicas(of: [seed], journal: lost, snapshots: []),
            let replica = found.first
        else { preconditionFailure("a group with peers is recovered, damaged or not") }
        return replica
    }

    /// Starts a node anew, with nothing of its groups, and says what disk it has.
    ///
    /// Those in `damaged` it knows as lost.
    func restart(
        _ number: UInt64,
        life: NodeLife,
        damaged: [GroupID] = [],
        held: HeldReplicas = HeldReplicas()
    ) {
        let old = self[number].shard
        let shard = Shard(
            node: NodeID(number),
            peers: nodes,
            boots: old.boots + 1,
            settings: settings,
            recovered: seeds.map {
                damaged.contains($0.id) ? Self.lost($0) : RecoveredReplica(new: $0)
            },
            held: held,
            life: life,
            seed: number + 1_000 * (old.boots + 1)
        )
        members[Int(number) - 1] = Member(shard)
        shard.advance(to: now)
    }

    subscript(_ number: UInt64) -> Member { members[Int(number) - 1] }

    /// Turns and deliveries until nothing moves.
    func settle() {
        var isMoving = true
        while isMoving {
            isMoving = false
            for (place, member) in members.enumerated() where member.shard.hasWork {
                isMoving = true
                member.shard.turn(into: &member.effects)
                carryOut(member, nodes[place])
            }
        }
    }

    private func carryOut(_ member: Member, _ node: NodeID) {
        member.completions += member.effects.completions
        member.facts += member.effects.facts
        for job in member.effects.snapshotJobs {
            if case .scrub = job { member.scrubSteps += 1 } else { member.snapshotJobs.append(job) }
        }
        let frames = member.effects.frames
        let jobs = member.effects.journalJobs
        member.sent += frames
        for job in jobs {
            if case .listColdFiles = job { member.shard.completed(.coldFiles([])) }
            if case .release(let group, _) = job { member.released.append(group) }
            if case .drop(let group) = job { member.shard.completed(.groupDropped(group)) }
            guard case .append(let batch) = job, !member.isDiskHanging else { continue }
            member.appended.append(batch)
            guard !member.isDiskFull else {
                member.shard.completed(.full("journal"))
                continue
            }
            member.batch += 1
            member.shard.completed(.appended(upTo: member.batch))
        }
        guard !member.isCutOff, !member.isMute else { return }
        for frame in frames {
            let target = self[frame.target.number]
            guard !target.isCutOff, !target.isDeaf else { continue }
            target.shard.receive(frame.bytes, from: node)
            if let body = target.onLeader, target.shard.status(.defaultKeyspace)?.leader != nil {
                target.onLeader = nil
                body()
            }
        }
    }

    func tick(_ count: Int = 1) {
        for _ in 0..<count {
            now = now + settings.tickNanoseconds
            for member in members { member.shard.advance(to: now) }
            settle()
        }
    }

    /// Ticks until a connected node leads the keyspace; its number.
    func electLeader() -> UInt64 {
        for _ in 0..<200 {
            tick()
            for (place, member) in members.enumerated() where !member.isCutOff {
                if member.shard.status(.defaultKeyspace)?.isLeader == true {
                    return nodes[place].number
                }
            }
        }
        preconditionFailure("no leader after 200 ticks")
    }

    func follower(of leader: UInt64) -> UInt64 {
        nodes.map(\.number).first { $0 != leader && !self[$0].isCutOff } ?? leader
    }

    func put(
        _ key: ByteSlice,
        _ value: ByteSlice,
        lease: Int64 = 0,
        at node: UInt64,
        as request: UInt64
    ) {
        var writer = ByteWriter()
        PutRequest(key: key, value: value, lease: lease).encode(into: &writer)
        self[node].shard.propose(
            .put,
            body: writer.slice,
            to: .defaultKeyspace,
            for: Waiter(client: 1, request: request)
        )
    }

    func grant(_ lease: Int64, ttl: Int64, at node: UInt64, as request: UInt64) {
        var writer = ByteWriter()
        LeaseGrantRequest(ttl: ttl, id: lease).encode(into: &writer)
        self[node].shard.propose(
            .leaseGrant,
            body: writer.slice,
            to: .defaultKeyspace,
            for: Waiter(client: 1, request: request)
        )
    }

    /// What request was answered, as words; nil if it was not.
    func answer(at node: UInt64, to request: UInt64) -> String? {
        let found = self[node].completions.last { $0.waiter.request == request }
        guard let found else { return nil }
        return switch found.result {
        case .applied(.success(.put(let response))): "revision \(response.header?.revision ?? -1)"
        case .applied(.success): "ok"
        case .metadataChanged(let delta): "\(delta)"
        case .applied(.failure(let error)): "\(error)"
        case .readable: "readable"
        case .leadershipTransferred: "leadershipTransferred"
        case .streams(let outcome): "\(outcome)"
        case .refused(let refusal): "\(refusal)"
        }
    }

    func value(of key: ByteSlice, at node: UInt64) -> ByteSlice? {
        guard let keyspace = self[node].shard.keyspace(.defaultKeyspace)?.keyspace else {
            return nil
        }
        return try? keyspace.range(RangeRequest(key: key)).kvs.first?.value
    }
}
