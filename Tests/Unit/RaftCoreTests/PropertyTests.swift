import Bytes
import Model
import RaftCore
import Testing

/// Raft's promises on a network that loses, delays, repeats and reorders, and on replicas that crash.
@Suite struct PropertyTests {
    @Test(arguments: [3, 5])
    func raftKeepsItsPromisesWhateverTheNetworkDoes(voters: Int) {
        for seed in 1...150 as ClosedRange<UInt64> {
            var storm = Storm(voters: voters, seed: seed)
            storm.rage(steps: 3_000)
            #expect(storm.cluster.observer.violations == [], "seed \(seed)")
            storm.calm()
            #expect(storm.cluster.observer.violations == [], "seed \(seed)")
            #expect(storm.recovery == [], "seed \(seed)")
        }
    }

    @Test func aStormCommitsAndElectsOften() {
        var commits = 0
        var snapshots = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            var storm = Storm(voters: 3, seed: seed)
            storm.rage(steps: 3_000)
            commits += storm.cluster.observer.history.count
            snapshots += storm.cluster.replicas.count {
                storm.cluster[$0].raft.snapshot.index > .zero
            }
        }
        #expect(commits > 400)
        #expect(snapshots > 20)
    }

    #if MARTLET_MUTANTS
    /// The observer finds each seeded bug, or it would not find ours.
    @Test(arguments: RaftMutant.allCases)
    func everySeededBugIsFound(mutant: RaftMutant) {
        for seed in 1...3_000 as ClosedRange<UInt64> {
            var storm = Storm(voters: seed % 2 == 0 ? 3 : 5, seed: seed, mutant: mutant)
            storm.rage(steps: 2_000)
            if !storm.cluster.observer.violations.isEmpty { return }
            guard mutant == .snapshotLosesTerm else { continue }
            storm.calm()
            if !storm.recovery.isEmpty { return }
        }
        Issue.record("\(mutant) was not found")
    }
    #endif
}

/// Random events from one seed, then a fair time in which the group must recover.
struct Storm {
    private(set) var cluster: TestCluster
    private var random: TestRandom
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
        var settings = RaftSettings()
        settings.electionTicks = 5
        settings.catchUpEntries = [0, 2, 8][random.below(3)]
        settings.inflightAppendsMax = [1, 3, 64][random.below(3)]
        settings.appendBytesMax = [1, 200, 10_000][random.below(3)]
        settings.applyBytesMax = [1, 200, 10_000][random.below(3)]
        change(&settings)
        cluster = TestCluster(
            voters: voters, learners: random.below(2), settings: settings, seed: seed)
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
        switch random.below(1_000) {
        case ..<60: cluster.tick(replica)
        case ..<300: _ = cluster.turn(replica)
        case ..<500: cluster.syncOne(replica)
        case ..<900: deliverAny()
        case ..<940: propose()
        case ..<965: read()
        case ..<970: cluster.restart(replica, keepingWrites: random.below(3))
        case ..<980: cluster.takeSnapshot(replica)
        case ..<986: isCutOff = random.below(3) != 0 ? [] : [replica, anyReplica()]
        case ..<989: if let leader = cluster.leader { isCutOff = [leader] }
        default:
            cluster.snapshotSent(from: anyReplica(), to: replica, delivered: random.below(2) == 0)
        }
    }

    private mutating func deliverAny() {
        guard !cluster.network.isEmpty else { return }
        // Mostly near the front, so that order is roughly kept, and sometimes from anywhere.
        let reach = random.below(10) == 0 ? cluster.network.count : min(4, cluster.network.count)
        let position = random.below(reach)
        let message = cluster.network[position]
        if random.below(20) != 0 { cluster.network.remove(at: position) }
        let isCut = isCutOff.contains(message.source) != isCutOff.contains(message.target)
        guard !isCut, random.below(20) != 0 else { return }
        cluster.deliver(message)
    }

    private mutating func propose() {
        proposals += 1
        let target = random.below(3) == 0 ? anyReplica() : cluster.leader ?? anyReplica()
        cluster.propose(ByteSlice("write \(proposals)"), to: target)
    }

    private mutating func read() {
        reads += 1
        // Replicas that only believe to lead are the interesting ones.
        for replica in cluster.replicas where cluster[replica].raft.role == .leader {
            cluster.read(ReadRequest(reads * 10 + replica.number), at: replica)
        }
    }

    /// Everything works: after some election timeouts there is a leader and what it commits, all have.
    mutating func calm() {
        isCutOff = []
        for round in 0..<200 {
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
                    cluster.snapshotSent(
                        from: message.source, to: message.target, delivered: true)
                }
            }
            if round == 60 { giveUpSnapshots() }
            if round == 150, let leader = cluster.leader { cluster.propose("last", to: leader) }
        }
        compareLogs()
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
        return cluster.replicas.filter { cluster[$0].appliedCount != count }.map {
            "\($0) applied \(cluster[$0].appliedCount) of \(count), leader \(leader)"
        }
    }
}

/// SplitMix64, so that a seed is a run.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
