public import Groups
internal import RaftCore

/// Everything that a run varies, drawn from its seed, extremes included.
public struct SimulationOptions: Sendable {
    public var seed: UInt64
    public var nodes: Int

    /// How many of them begin as the cluster; the others are spares until they are added.
    public internal(set) var founders: Int

    /// Keyspaces besides the control group.
    public var keyspaces: Int
    public var clients: Int
    public var watchers: Int
    public var keys: Int
    public var faults: [FaultClass]
    public var faultSeconds: UInt64

    /// How long a client rests between calls, in nanoseconds.
    public var clientPause: UInt64

    /// After how long clients typically give a call up, in nanoseconds; nil if they wait for the
    /// server to give up first.
    var clientPatience: UInt64?

    /// How often a client turns to another node though the last one answered.
    var clientMovesPermille: Int

    /// The longest rest of a watcher between two of its moves, in nanoseconds.
    var watcherPauseMax: UInt64

    /// How long between two records written without a client, in nanoseconds; zero: there are none.
    var recordPause: UInt64 = 0

    /// How long between two changes of the members, in nanoseconds; zero: there are none.
    var memberPause: UInt64 = 0

    /// How long between two things that are done with keyspaces that come and go, in nanoseconds;
    /// zero: there are none.
    var keyspacePause: UInt64 = 0
    public var shard: ShardSettings
    public var journalFileBytes: Int
    public var snapshotChunkBytes: Int
    var network: SimulatedNetwork.Conditions
    var diskLatency: UInt64

    /// How much faster or slower than a true clock a node's may run, in parts per million.
    var clockDrift: UInt64

    /// What becomes of unsynced sectors when the power fails.
    var powerLoss = PowerLoss()

    /// Whether only a majority is healed in the end.
    var leavesSomeBroken = false

    /// Whether faults mostly leave a majority alive, so that much happens between them.
    var sparesMajority: Bool

    /// How long between faults, in nanoseconds.
    var faultPause: UInt64

    #if MARTLET_MUTANTS
    var mutant: Mutant?
    #endif

    public init(seed: UInt64) {
        self.init(seed: seed, exchangesDisks: Self.exchangesDisks(in: seed))
    }

    /// A run in which disks are exchanged, as they are in one seed of ten.
    init(exchangeSeed seed: UInt64) { self.init(seed: seed, exchangesDisks: true) }

    private init(seed: UInt64, exchangesDisks: Bool) {
        var random = SeededGenerator(seed: seed, subsystem: "options")
        self.seed = seed
        nodes = random.pick([1, 3, 3, 3, 3, 3, 5, 5, 5])
        founders = nodes
        keyspaces = random.pick([1, 1, 2])
        clients = random.between(2...8)
        watchers = random.between(1...4)
        keys = random.between(2...12)
        faults = Self.faults(of: seed, exchangesDisks: exchangesDisks && nodes > 1)
        faultSeconds = random.between(UInt64(4)...30)
        clientPause = random.pick([1_000_000, 10_000_000, 50_000_000])
        journalFileBytes = random.pick([4_096, 16_384, 65_536, 1 << 20])
        snapshotChunkBytes = random.pick([1_000, 10_000, 256 * 1024])
        diskLatency = random.pick([50_000, 500_000, 3_000_000])
        faultPause = random.pick([50_000_000, 200_000_000, 600_000_000])
        clockDrift = faults.contains(.clockDrift) ? random.pick([100_000, 100_000, 500_000]) : 0
        shard = Self.shard(&random)
        var scrubs = SeededGenerator(seed: seed, subsystem: "scrubs")
        shard.scrubBytesPerSecond = scrubs.pick([0, 100_000, 1 << 20, 10 << 20])
        shard.scrubPauseTicks = scrubs.pick([1, 20, 200])
        network = Self.network(faults, &random)
        if faults.contains(.bitRot), random.happens(permille: 500) {
            // Files that stay, for the bits in them to rot.
            journalFileBytes = 4_096
            shard.snapshotEntries = 200_000
            shard.snapshotBytes = 256 << 20
        }
        sparesMajority = random.happens(permille: 750)
        let electionTime = shard.tickNanoseconds * UInt64(shard.raft.electionTicks)
        clientPatience = random.pick([nil, electionTime / 4, electionTime, electionTime * 2])
        clientMovesPermille = random.pick([1_000, 1_000, 200, 20])
        watcherPauseMax = random.pick([800_000_000, 800_000_000, 100_000_000])
        powerLoss = PowerLoss(
            tearsParts: faults.contains(.tornParts),
            leavesGarbage: faults.contains(.garbageSectors)
        )
        if faults.contains(.keyspaces) {
            var random = SeededGenerator(seed: seed, subsystem: "passing keyspaces")
            keyspacePause = random.pick([0, 0, 20_000_000, 100_000_000, 400_000_000])
        }
        leavesSomeBroken = random.happens(permille: 400)
        shard.appendStallTicks = random.pick([2, 10, 40, 400])
        if faults.contains(.quota), random.happens(permille: 400) {
            shard.quotaBytes = random.pick([2_000, 10_000, 60_000])
        }
        if random.happens(permille: 30) { stretch(&random) }
    }

    private static func exchangesDisks(in seed: UInt64) -> Bool {
        var random = SeededGenerator(seed: seed, subsystem: "exchanges")
        return random.happens(permille: 100)
    }

    /// Each by a generator of its own: a new class leaves the others as they were.
    private static func faults(of seed: UInt64, exchangesDisks: Bool) -> [FaultClass] {
        FaultClass.allCases.filter { fault in
            let isPossible =
                exchangesDisks
                ? FaultClass.besideExchanges.contains(fault)
                : !FaultClass.exchanges.contains(fault)
            guard isPossible else { return false }
            var random = SeededGenerator(seed: seed, subsystem: "class \(fault.rawValue)")
            return !random.happens(permille: 300)
        }
    }

    /// Minutes instead of seconds, so that what is minutes late still finds somebody.
    private mutating func stretch(_ random: inout SeededGenerator) {
        faultSeconds = random.between(UInt64(120)...300)
        clientPause = 100_000_000
        faultPause = 600_000_000
        shard.tickNanoseconds = 100_000_000
        if network.replayPermille > 0 { network.replayDelayMax = 240_000_000_000 }
    }

    /// The core alone: Raft, journals and disks of up to nine nodes, for minutes, with records instead
    /// of clients.
    public init(coreSeed seed: UInt64) {
        self.init(seed: seed, exchangesDisks: Self.exchangesDisks(in: seed))
        var random = SeededGenerator(seed: seed, subsystem: "core")
        nodes = random.pick([3, 5, 5, 7, 9])
        founders = nodes
        keyspaces = 0
        keyspacePause = 0
        clients = 0
        watchers = 0
        faultSeconds = random.between(UInt64(60)...600)
        recordPause = random.pick([100_000_000, 300_000_000, 2_000_000_000])
        faultPause = random.pick([200_000_000, 1_000_000_000, 5_000_000_000])
        journalFileBytes = random.pick([4_096, 16_384, 65_536])
        shard.tickNanoseconds = max(shard.tickNanoseconds, 50_000_000)
    }

    /// The longest that a disk takes for one write, in nanoseconds.
    static let diskLatencyMax: UInt64 = 30_000_000_000

    /// The shortest time in which a follower that hears nothing stands for election.
    var electionTime: UInt64 { shard.tickNanoseconds * UInt64(shard.raft.electionTicks) }

    private static func shard(_ random: inout SeededGenerator) -> ShardSettings {
        var shard = ShardSettings()
        shard.tickNanoseconds = random.pick([10_000_000, 50_000_000, 50_000_000, 100_000_000])
        shard.requestTimeoutTicks = random.pick([20, 60, 140])
        shard.readRetryTicks = random.between(1...12)
        shard.snapshotStallTicks = random.pick([5, 20, 100])
        shard.snapshotEntries = random.pick([3, 10, 40, 200, 200_000])
        shard.snapshotBytes = random.pick([500, 20_000, 256 << 20])
        shard.advanceTimeTicks = random.pick([1, 10, 100])
        shard.storageRetryTicks = random.between(1...20)
        shard.raft.electionTicks = random.pick([3, 5, 10, 10, 20])
        shard.raft.inflightAppendsMax = random.pick([1, 2, 16, 256])
        shard.raft.inflightBytesMax = random.pick([1, 4_096, 16 << 20])
        shard.raft.appendBytesMax = random.pick([1, 300, 4_096, 1 << 20])
        shard.raft.uncommittedBytesMax = random.pick([1_000, 100_000, 64 << 20])
        shard.raft.applyBytesMax = random.pick([1, 500, 4 << 20])
        shard.raft.catchUpEntries = random.pick([0, 1, 10, 5_000])
        shard.raft.quiesceTicks = random.pick([0, 1, 5, 20])
        if random.happens(permille: 300) {
            // Whoever is away for a moment needs a snapshot.
            shard.snapshotEntries = 3
            shard.raft.catchUpEntries = 0
        }
        return shard
    }

    private static func network(
        _ faults: [FaultClass],
        _ random: inout SeededGenerator
    ) -> SimulatedNetwork.Conditions {
        var network = SimulatedNetwork.Conditions.calm
        network.typicalDelay = random.pick([100_000, 500_000, 2_000_000])
        if faults.contains(.slowNetwork) {
            network.typicalDelay = random.pick([10_000_000, 50_000_000])
        }
        if faults.contains(.loss) { network.lossPermille = random.between(1...300) }
        if faults.contains(.duplicates) { network.duplicatePermille = random.between(1...500) }
        if faults.contains(.replays) {
            network.replayPermille = random.between(1...100)
            network.replayDelayMax = random.pick([100_000_000, 2_000_000_000, 60_000_000_000])
        }
        network.isOrdered = !faults.contains(.disorder)
        if faults.contains(.heavyTails) {
            network.tailPermille = random.between(1...10)
            network.tailDelayMax = random.pick([1_000_000_000, 10_000_000_000, 60_000_000_000])
        }
        if faults.contains(.narrowLinks), random.happens(permille: 400) {
            network.bytesPerSecond = random.pick([1_000, 20_000, 200_000, 2_000_000])
        }
        if faults.contains(.garbledFrames) { network.garbledPermille = random.between(1...50) }
        return network
    }

    var clockRates: ClosedRange<UInt64> { 1_000_000 - clockDrift...1_000_000 + clockDrift }

    func has(_ fault: FaultClass) -> Bool { faults.contains(fault) }
}

extension SimulationOptions: CustomStringConvertible {
    public var description: String {
        let raft = shard.raft
        return """
            seed \(seed): \(nodes) nodes, \(keyspaces) keyspaces, \(clients) clients, \
            \(watchers) watchers, \(keys) keys, \(faultSeconds) s of \
            \(faults.map(\.rawValue).joined(separator: " "))
              clients: rest \(clientPause / 1_000_000) ms, patience \
            \(clientPatience.map { "\($0 / 1_000_000) ms" } ?? "the server's"), \
            \(clientMovesPermille) ‰ move; watchers rest up to \(watcherPauseMax / 1_000_000) ms; \
            majority spared \(sparesMajority)
              network: delay \(network.typicalDelay / 1_000) µs, loss \(network.lossPermille) ‰, \
            duplicates \(network.duplicatePermille) ‰, replays \(network.replayPermille) ‰ up to \
            \(network.replayDelayMax / 1_000_000) ms, ordered \(network.isOrdered)
              disk: latency \(diskLatency / 1_000) µs, journal files \(journalFileBytes) bytes, \
            snapshot chunks \(snapshotChunkBytes) bytes; clock drift \(clockDrift / 1_000) ‰
              shard: tick \(shard.tickNanoseconds / 1_000_000) ms, timeout \
            \(shard.requestTimeoutTicks), read retry \(shard.readRetryTicks), snapshot stall \
            \(shard.snapshotStallTicks), snapshots every \(shard.snapshotEntries) entries or \
            \(shard.snapshotBytes) bytes, time every \(shard.advanceTimeTicks)
              power loss tears parts \(powerLoss.tearsParts), leaves garbage \(powerLoss.leavesGarbage); \
            tail \(network.tailPermille) ‰ up to \(network.tailDelayMax / 1_000_000) ms, \
            \(network.bytesPerSecond.map { "\($0)" } ?? "any number of") bytes/s, garbled \
            \(network.garbledPermille) ‰; stall \(shard.appendStallTicks), quota \
            \(shard.quotaBytes.map { "\($0)" } ?? "none"), some stay broken \(leavesSomeBroken)
              raft: election \(raft.electionTicks), inflight \(raft.inflightAppendsMax) appends or \
            \(raft.inflightBytesMax) bytes, append \(raft.appendBytesMax), uncommitted \
            \(raft.uncommittedBytesMax), apply \(raft.applyBytesMax), catch-up \(raft.catchUpEntries), \
            quiesces after \(raft.quiesceTicks)
            """
    }
}
