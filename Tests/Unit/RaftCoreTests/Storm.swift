import Bytes
import Model
import RaftCore

/// Random events from one seed, then a fair time in which the group must recover.
struct Storm {
    private(set) var cluster: TestCluster
    private var random: TestRandom
    private let weather: Weather
    private var proposals = 0
    private var reads: UInt64 = 0
    private var isCutOff: Set<ReplicaID> = []

    #if MARTLET_MUTANTS
    init(voters: Int, seed: UInt64, mutant: RaftMutant) {
        self.init(voters: voters, seed: seed) { $0.mutant = mutant }
    }
    #endif

    init(voters: Int, seed: UInt64, change: (inout RaftSettings) -> Void = { _ in }) {
        random = TestRandom(seed: seed)
        weather = Weather(&random)
        var settings = RaftSettings()
        settings.electionTicks = 5
        settings.catchUpEntries = [0, 2, 8][random.below(3)]
        settings.inflightAppendsMax = [1, 3, 64][random.below(3)]
        settings.appendBytesMax = [1, 200, 10_000][random.below(3)]
        settings.applyBytesMax = [1, 200, 10_000][random.below(3)]
        settings.quiesceTicks = [0, 1, 6][random.below(3)]
        change(&settings)
        cluster = TestCluster(
            voters: voters,
            learners: random.below(2),
            spares: random.below(3),
            settings: settings,
            seed: seed
        )
    }

    mutating func rage(steps: Int) {
        for step in 0..<steps {
            act()
            if step % 40 == 0 { compareLogs() }
        }
        compareLogs()
    }

    private mutating func compareLogs() {
        cluster.compareLogs()
    }

    private mutating func anyReplica() -> ReplicaID {
        cluster.replicas[random.below(cluster.replicas.count)]
    }

    private mutating func act() {
        let replica = anyReplica()
        switch weather.next(&random) {
        case .tick: cluster.tick(replica)
        case .turn: _ = cluster.turn(replica)
        case .sync: cluster.syncOne(replica)
        case .deliver: deliverAny()
        case .propose: propose()
        case .read: read()
        case .restart: restart(replica)
        case .takeSnapshot: cluster.takeSnapshot(replica)
        case .heal: isCutOff = []
        case .cutOff: isCutOff = [replica, anyReplica()]
        case .cutOffLeader: isCutOff = cluster.leader.map { [$0] } ?? []
        case .transfer: transfer(to: replica)
        case .changeMembers: changeMembers()
        case .damage: damage(replica)
        case .quiesce: quiesce()
        case .endSnapshot:
            cluster.snapshotSent(from: anyReplica(), to: replica, delivered: random.below(2) == 0)
        }
    }

    private mutating func transfer(to successor: ReplicaID) {
        for replica in cluster.replicas where cluster[replica].raft.role == .leader {
            cluster.change(replica) { _ = $0.transferLeadership(to: successor) }
        }
    }

    /// Any change, whoever leads; the new voters need not have anything yet.
    ///
    /// Not while somebody is damaged: of the voters that are left a minority might be all that is whole.
    private mutating func changeMembers() {
        guard !cluster.replicas.contains(where: { cluster[$0].raft.isDamaged }) else { return }
        var voters: [ReplicaID] = []
        var learners: [ReplicaID] = []
        for replica in cluster.replicas {
            switch random.below(4) {
            case 0: continue
            case 1: learners.append(replica)
            default: voters.append(replica)
            }
        }
        for replica in cluster.replicas where cluster[replica].raft.role == .leader {
            _ = cluster.changeMembers(voters, learners: learners, at: replica)
        }
    }

    /// A minority may be damaged at a time; beyond that nobody would be left who knows.
    private mutating func damage(_ replica: ReplicaID) {
        let voters = cluster.configuration.voters
        let damaged = voters.filter { $0 != replica && cluster[$0].raft.isDamaged }
        guard damaged.count < (voters.count - 1) / 2,
            cluster.replicas.allSatisfy({
                cluster[$0].raft.configuration == cluster.configuration
            })
        else { return }
        let count = cluster[replica].disk.content.entries.count
        cluster.damage(replica, leaving: random.below(count + 1), losesVote: random.below(2) == 0)
    }

    /// Hosts let leaders rest; those of a replica that starts anew say so to all (`restart`).
    private mutating func quiesce() {
        for replica in cluster.replicas {
            cluster.change(replica) { raft in
                if raft.canQuiesce(excusing: { _ in false }) { raft.quiesce() }
            }
        }
    }

    private mutating func restart(_ replica: ReplicaID) {
        cluster.restart(replica, keepingWrites: random.below(3))
        for other in cluster.replicas where other != replica {
            cluster.change(other) { $0.lost(replica) }
        }
    }

    private mutating func deliverAny() {
        guard !cluster.network.isEmpty else { return }
        // Mostly near the front, so that order is roughly kept, and sometimes from anywhere.
        let isLate = random.below(100) < weather.latePercent
        let position = random.below(
            isLate ? cluster.network.count : min(4, cluster.network.count)
        )
        let message = cluster.network[position]
        if random.below(100) >= weather.repeatedPercent { cluster.network.remove(at: position) }
        let isCut = isCutOff.contains(message.source) != isCutOff.contains(message.target)
        guard !isCut, random.below(100) >= weather.lostPercent else { return }
        cluster.deliver(message)
    }

    /// Replicas that only believe to lead take proposals, too: so logs diverge.
    private mutating func propose() {
        for replica in cluster.replicas where cluster[replica].raft.role == .leader {
            proposals += 1
            cluster.propose(ByteSlice("write \(proposals)"), to: replica)
        }
    }

    private mutating func read() {
        reads += 1
        for replica in cluster.replicas where cluster[replica].raft.role == .leader {
            cluster.read(ReadRequest(reads * 10 + replica.number), at: replica)
        }
    }

    /// Everything works: soon there is a leader, and what it commits, all have.
    mutating func calm() {
        isCutOff = []
        var rounds = 0
        while rounds < 2_000 && !(rounds > 150 && recovery.isEmpty) {
            calmRound(rounds)
            rounds += 1
        }
        compareLogs()
    }

    private mutating func calmRound(_ round: Int) {
        for replica in cluster.replicas {
            if round % 3 == 0 { cluster.tick(replica) }
            _ = cluster.turn(replica)
            while !cluster[replica].disk.pending.isEmpty { cluster.syncOne(replica) }
        }
        let messages = cluster.network
        cluster.network = []
        for message in messages {
            cluster.deliver(message)
            if case .installSnapshot = message.body {
                cluster.snapshotSent(from: message.source, to: message.target, delivered: true)
            }
        }
        if round == 60 { giveUpSnapshots() }
        if round % 500 == 150, let leader = cluster.leader { cluster.propose("last", to: leader) }
    }

    /// Hosts notice streams that were lost with their connection.
    private mutating func giveUpSnapshots() {
        guard let leader = cluster.leader else { return }
        for replica in cluster.replicas {
            cluster.snapshotSent(from: leader, to: replica, delivered: false)
        }
    }

    /// What is still missing: a leader that commits, or replicas that have not got everything.
    var recovery: [String] {
        guard let leader = cluster.leader, cluster.observer.history.last?.payload == "last" else {
            return ["no leader has committed"]
        }
        let count = UInt64(cluster.observer.history.count)
        let members = cluster[leader].raft.configuration
        guard !members.isJoint else { return ["a change is not concluded"] }
        return members.replicas.filter { cluster[$0].appliedCount != count }.map {
            "\($0) applied \(cluster[$0].appliedCount) of \(count), leader \(leader)"
        }
    }
}
