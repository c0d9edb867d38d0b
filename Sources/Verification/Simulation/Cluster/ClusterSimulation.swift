internal import Checkers
internal import Groups
internal import Keyspace
internal import Model
internal import RaftCore

/// A whole cluster in one thread, from one seed.
///
/// The nodes are production's: `Shard`, journal and snapshot store, driven as the server drives
/// them, on simulated disks, clocks and links. Everything that happens is an event in one queue,
/// ordered by virtual time, and whatever chance decides, the seed decides; so a seed replays exactly.
///
/// A run has two phases. In the first, faults strike while clients and watchers work, and safety is
/// checked with every event (`RaftObserver`) and at the end (`History`). Then everything is healed,
/// and the cluster must become one again within bounded time: a leader, every call returned, all
/// replicas equal, watches caught up, leases ended.
///
///     SimulationOptions   what a seed varies       Disk/      what a crash leaves behind
///     EventQueue          virtual time             Network/   delays, loss, partitions, clocks
///     +Nodes +Storage     production's driver      Workload/  clients and watchers
///     +Faults             what strikes             +Recovery  the second phase and the verdict
///
/// Missing: damage at rest, versions side by side.
public final class ClusterSimulation {
    let options: SimulationOptions
    var queue = EventQueue<SimulationEvent>()
    var now: UInt64 = 0
    var trace: Trace
    var network: SimulatedNetwork
    var nodes: [SimulatedNode] = []
    var observer: RaftObserver
    var keyspaces: [ObservedKeyspace]

    /// All groups, and those that clients or recorders work with.
    let groupIDs: [GroupID]
    let busyGroups: [GroupID]
    var clients: [SimulatedClient] = []
    var watchers: [SimulatedWatcher] = []

    /// What watchers heard before they began anew.
    var finishedWatches: [(keyspace: Int, history: WatchHistory)] = []
    var marks = [Int](repeating: 0, count: Mark.allCases.count)

    /// What the frame being sent promises; kept for its memory.
    var promises: [(GroupID, Message)] = []

    var faultRandom: SeededGenerator
    var delayRandom: SeededGenerator
    var partitions = 0

    /// The last siege: whom it cut off, and until when.
    var siege: (inside: [Int], end: UInt64) = ([], 0)

    /// Transfers of leadership that were asked for and not yet answered, and where.
    var openTransfers: [(number: UInt64, place: Int)] = []
    var lastTransfer: UInt64 = 0

    /// Whom the operator has ever asked to remove.
    var askedToLeave: [NodeID] = []

    /// Entries that say who votes, as often as a journal was given one.
    var configurationsSeen = 0

    /// Who was elected when.
    var elections: [(group: GroupID, time: UInt64)] = []

    /// Leases that a leader wrote a renewal of, by keyspace, and where in the log; looked up only.
    var renewals: [RenewalName: LogIndex] = [:]
    var phase = Phase.faulty
    var passing: PassingKeyspaces

    /// Whether a disk ever lost something.
    var hasLostData = false

    enum Phase: Equatable {
        case faulty

        /// Everything is whole again since `since`; clients go on until each has succeeded.
        case healing(since: UInt64)

        /// Clients are done; replicas and watchers are to become equal.
        case settling(since: UInt64)

        case finished
    }

    init(_ options: SimulationOptions, narrate: ((String) -> Void)?) {
        self.options = options
        passing = PassingKeyspaces(seed: options.seed)
        trace = Trace(narrate: narrate)
        observer = RaftObserver(voters: options.founders)
        network = SimulatedNetwork(
            nodes: options.nodes,
            conditions: options.network,
            random: SeededGenerator(seed: options.seed, subsystem: "network")
        )
        faultRandom = SeededGenerator(seed: options.seed, subsystem: "faults")
        delayRandom = SeededGenerator(seed: options.seed, subsystem: "delays")
        keyspaces = (0..<options.keyspaces).map { ObservedKeyspace(group: GroupID(UInt64($0) + 2)) }
        groupIDs = [.control] + keyspaces.map(\.group)
        busyGroups = keyspaces.isEmpty ? [.control] : keyspaces.map(\.group)
        for place in 0..<options.nodes { nodes.append(Self.node(place, options)) }
        for place in 0..<options.clients {
            clients.append(SimulatedClient(place: place, options: options))
        }
        for place in 0..<options.watchers {
            watchers.append(SimulatedWatcher(place: place, options: options))
        }
    }

    private static func node(_ place: Int, _ options: SimulationOptions) -> SimulatedNode {
        var random = SeededGenerator(seed: options.seed, subsystem: "clock", number: place)
        return SimulatedNode(
            id: NodeID(UInt64(place) + 1),
            disk: SimulatedDisk(
                random: SeededGenerator(seed: options.seed, subsystem: "disk", number: place),
                powerLoss: options.powerLoss
            ),
            clock: SimulatedClock(
                offset: random.between(UInt64(0)...1_000_000_000_000),
                partsPerMillion: random.between(options.clockRates)
            )
        )
    }

    /// Runs a seed to its verdict; `narrate` takes the story line by line.
    public static func run(
        _ options: SimulationOptions,
        narrate: ((String) -> Void)? = nil
    ) -> SimulationReport {
        let simulation = ClusterSimulation(options, narrate: narrate)
        var violation: Violation?
        do throws(Violation) {
            try simulation.play()
            try simulation.judge()
        } catch {
            violation = error
            simulation.trace.tell(simulation.now, "VIOLATION \(error)")
        }
        return simulation.report(violation)
    }

    private func play() throws(Violation) {
        for place in nodes.indices { queue.schedule(.restart(place), at: UInt64(place) * 1_000) }
        for place in clients.indices {
            queue.schedule(.client(place), at: options.clientPause * UInt64(place + 1))
        }
        for place in watchers.indices {
            queue.schedule(.watcher(place), at: 1_000_000 * UInt64(place + 1))
        }
        if options.recordPause > 0 { queue.schedule(.record, at: options.recordPause) }
        queue.schedule(.fault, at: options.shard.tickNanoseconds * 10)
        if options.keyspacePause > 0 { queue.schedule(.workWithKeyspaces, at: 300_000_000) }
        if options.memberPause > 0 { queue.schedule(.changeMembers, at: 1_000_000_000) }
        queue.schedule(.heal, at: options.faultSeconds * 1_000_000_000)
        while phase != .finished, let (time, event) = queue.next() {
            now = time
            trace.count(at: time)
            try carryOut(event)
        }
    }

    private func carryOut(_ event: SimulationEvent) throws(Violation) {
        if let place = event.node, nodes[place].pausedUntil > now {
            // Whoever wakes up may not learn of things in the order in which they happened.
            let delay = nodes[place].wakesInOrder ? 0 : delayRandom.below(1_000_000)
            return queue.schedule(event, at: nodes[place].pausedUntil + UInt64(delay))
        }
        switch event {
        case .tick(let place, let boot): try tick(place, boot)
        case .turn(let place, let boot): try turn(place, boot)
        case .frame(let bytes, let source, let target): receive(bytes, from: source, at: target)
        case .journalBegins(let place, let boot): try beginJournalJob(place, boot)
        case .journalEnds(let place, let boot): try endJournalJob(place, boot)
        case .snapshotJob(let place, let boot): try runSnapshotJob(place, boot)
        case .completed(let completion, let place, let boot): complete(completion, place, boot)
        case .restart(let place): try restart(place)
        case .client(let place): try act(place)
        case .call(let call, let place): try deliver(call, to: place)
        case .clientGivesUp(let place, let request): giveUp(place, request)
        case .watcher(let place): wakeWatcher(place)
        case .record: record()
        case .changeMembers: changeMembers()
        case .workWithKeyspaces: workWithKeyspaces()
        case .fault: try strike()
        case .cutOff(let place): cutOff(place)
        case .clog(let place, let end): clog(place, until: end)
        case .die(let place, let boot): die(place, boot)
        case .faultEnds(let fault): end(fault)
        case .disarm: disarmAlarms()
        case .heal: try heal()
        case .poll: try poll()
        }
    }

    func mark(_ mark: Mark, _ times: Int = 1) {
        marks[mark.rawValue] += times
    }

    private func report(_ violation: Violation?) -> SimulationReport {
        probeObserver()
        mark(.frameLost, Int(network.framesLost))
        mark(.frameDuplicated, Int(network.framesDuplicated))
        mark(.frameReplayedLate, Int(network.framesReplayedLate))
        mark(.frameDelayedLong, Int(network.framesDelayed))
        mark(.frameOverflowed, Int(network.framesOverflowed))
        return SimulationReport(
            seed: options.seed,
            traceHash: trace.hash,
            events: trace.events,
            simulatedNanoseconds: now,
            operations: keyspaces.reduce(0) { $0 + $1.history.operations.count },
            configurations: configurationsSeen,
            marks: zip(Mark.allCases, marks).map { ($0, $1) },
            violation: violation
        )
    }
}
