internal import Bytes
public import Controller
internal import Journal
internal import Keyspace
public import Model
internal import PeerWire
internal import RaftCore

/// The owner of all Raft groups of one core.
///
/// A shard is driven: it takes proposals and reads from the fronts, frames from peers, completions
/// from its storage threads, and the time; it only notes what each of them touched. One `turn` then
/// steps every touched group and gathers one journal batch, one frame a peer, and the answers:
///
///     inputs → step the touched groups → one append and one sync, one frame a peer
///            → on durable: acknowledge, commit, apply, answer
///
/// While a sync is under way the next batch gathers: group commit across all groups, so the cost of
/// durability does not grow with their number. A shard knows neither NIO nor threads, is not
/// `Sendable`, and the simulator drives the very same class.
///
/// The node that a client talks to carries the client's waiter, wherever the leader is: a command's
/// header names its origin and sequence, and whoever applies the entry and finds himself the origin
/// answers. So outcomes are computed locally, and forwarding needs no reply but a refusal.
public final class Shard {
    public let node: NodeID
    let settings: ShardSettings
    var groups: [Group]
    var places: GroupPlaces

    /// Stands in the place of every group that is no more: places are not given again.
    let vacancy = Group.vacant

    /// Groups that the disk is still to forget.
    var dropsDue: [GroupID] = []

    /// What the control group's log says of groups, and this shard has not followed yet.
    var groupChanges = GroupChanges()
    var touched: [Int] = []

    /// Groups that time passes for.
    var awake: [Int] = []

    /// Groups with a snapshot that the journal has not heard of, or has not made use of.
    var marked: [Group] = []

    var now = Instant.zero
    var tick = Tick.zero
    private var nextTickAt: Instant?

    /// Who leads the groups that others hold.
    var distantLeaders = DistantLeaders()

    /// The node's starts, this one included.
    public let boots: UInt64
    let seed: UInt64
    var outboxes: [PeerOutbox]
    var liveness: PeerLiveness
    var voice: NodeVoice
    var journal = JournalQueue()
    var effects = ShardEffects()
    public internal(set) var counters = ShardCounters()
    public internal(set) var isStopped = false

    /// Whom this node talks to, sorted; the driver keeps connections to them.
    public internal(set) var peers: [NodeID]

    /// Former members that belong to no group any longer.
    public internal(set) var strangers: [NodeID] = []

    /// The peers that the node was told of when it started; for as long as no log says more.
    let firstPeers: [NodeID]
    var arePeersStale = true
    var throttle: SnapshotThrottle

    #if MARTLET_MUTANTS
    /// What dropped keyspaces held, by their names, and the names of all that were opened.
    var droppedKeyspaces: [String: Keyspace] = [:]
    var openedNames: [GroupID: String] = [:]
    #endif

    /// How far the scrubber is.
    var scrub = ScrubState.resting(until: .zero)

    /// Whether this node has handed over, as its disk takes nothing.
    var hasLeftOffice = false

    /// Groups as recovered from disk.
    ///
    /// `boots` counts the node's starts and makes sequences unique. `life` is what the disk held; if
    /// it is unknown, the others are not asked whether they know of more.
    public init(
        node: NodeID,
        peers: [NodeID],
        boots: UInt64,
        settings: ShardSettings,
        recovered: [RecoveredReplica],
        held: HeldReplicas = HeldReplicas(),
        life: NodeLife = .unknown,
        seed: UInt64
    ) {
        self.node = node
        self.seed = seed
        self.boots = boots
        self.settings = settings
        let groups = recovered.map { replica in
            Group(replica, on: node, boots: boots, settings: settings, seed: seed)
        }
        self.groups = groups
        places = GroupPlaces(groups.map(\.id))
        firstPeers = peers.filter { $0 != node }.sorted()
        self.peers = firstPeers
        outboxes = firstPeers.map { PeerOutbox(source: node, target: $0) }
        liveness = PeerLiveness(firstPeers)
        voice = NodeVoice(life: life, start: seed)
        throttle = SnapshotThrottle(
            bytesPerSecond: settings.snapshotBytesPerSecond,
            tickNanoseconds: settings.tickNanoseconds
        )
        groupChanges.held = held
        groupChanges.knownIndex = groups.first { $0.id == .control }?.raft.knownIndex ?? .zero
        for place in groups.indices { touch(place) }
        for group in groups { takeUp(group) }
        learnRegisteredLives()
    }

    /// What the journal is to hear of a group that was recovered.
    func takeUp(_ group: Group) {
        // The power may have gone between a snapshot's rename and its mark in the journal: the entries
        // to come would then follow a gap.
        if group.raft.snapshot.index > .zero {
            // And the journal may hold entries of a log that the snapshot has replaced.
            let isAlone = group.raft.lastIndex == group.raft.snapshot.index
            noteMark(group.raft.snapshot, replacesLog: isAlone, in: group)
        }
        if group.raft.isDamaged { beginRepair(of: group) }
    }

    /// The keyspace of a group, for reading; nil if the group is another or elsewhere.
    public func keyspace(_ group: GroupID) -> KeyspaceMachine? {
        guard let place = places[group] else { return nil }
        switch groups[place].machine {
        case .keyspace(let machine): return machine
        case .control, .partition, .coordinator: return nil
        }
    }

    /// The cluster's metadata as this node has applied it.
    public var metadata: MetadataImage? {
        guard let place = places[.control] else { return nil }
        switch groups[place].machine {
        case .control(let machine): return machine.controller.image
        case .keyspace, .partition, .coordinator: return nil
        }
    }

    /// Counts the changes of `metadata`, so that it is cheap to see that there was none.
    public var metadataVersion: UInt64 { controlMachine?.version ?? 0 }

    public func status(_ group: GroupID) -> GroupStatus? {
        guard let place = places[group] else { return nil }
        let group = groups[place]
        return GroupStatus(
            leader: group.leaderNode,
            isLeader: group.isLeader,
            term: group.raft.term,
            lastIndex: group.raft.lastIndex,
            durableIndex: group.raft.durableIndex,
            commitIndex: group.raft.commitIndex,
            appliedIndex: group.raft.appliedIndex,
            isDamaged: group.raft.isDamaged
        )
    }

    public var groupIDs: [GroupID] { groups.lazy.filter { !$0.isVacant }.map(\.id) }

    /// Commands that wait here for their outcome.
    public func openProposalCount(_ group: GroupID) -> Int {
        guard let place = places[group] else { return 0 }
        return groups[place].proposals.openCount
    }

    /// Whether a snapshot of the leader's is arriving for the group.
    public func isReceivingSnapshot(_ group: GroupID) -> Bool {
        guard let place = places[group] else { return false }
        return groups[place].snapshots.incoming != nil
    }

    /// The group's time as this node guesses it; what leases are measured by.
    public func groupTime(_ group: GroupID) -> GroupTime {
        guard let place = places[group] else { return .zero }
        return groups[place].time.estimate(at: now)
    }

    /// How often `advance` is to be called at least.
    public var tickNanoseconds: UInt64 { settings.tickNanoseconds }

    /// Whether writes are refused until the disk has space again.
    public var isStorageFull: Bool { journal.isFull }

    func place(of group: GroupID) -> Int? { places[group] }

    /// Notes that a group has something to do in the next turn.
    func touch(_ place: Int) {
        let group = groups[place]
        if !group.isAwake {
            group.isAwake = true
            awake.append(place)
        }
        guard !group.isTouched else { return }
        group.isTouched = true
        touched.append(place)
    }

    /// Tells the shard what time it is; ticks pass as they fall due.
    public func advance(to now: Instant) {
        self.now = max(self.now, now)
        // The first tick passes at once: who is alone in its group leads with it.
        if let due = nextTickAt {
            guard now >= due else { return }
        } else {
            for group in groups { group.time.begin(at: now) }
        }
        // After a pause only one tick passes: whoever slept does not know how long the others waited.
        nextTickAt = now + settings.tickNanoseconds
        tick = tick.next
        throttle.passTick()
        passTickForPeers()
        passTickForVoice()
        passTickForScrub()
        passTicks()
        journal.passTick(tick)
        leaveOfficeIfStuck()
    }

    func passTick(_ place: Int) {
        let group = groups[place]
        passTickForRaft(group)
        passTickForRepair(group)
        group.proposals.expire(at: tick) { waiter, wasSent in
            if waiter != .none { counters.proposalsFailed += 1 }
            refuse(waiter, wasSent ? .timedOut : refusalWithoutLeader(group))
        }
        if !group.reads.isIdle {
            group.reads.expire(at: tick) {
                counters.readsFailed += 1
                if group.hasKnownLeader { counters.readsTimedOut += 1 }
                refuse($0, group.hasKnownLeader ? .timedOut : refusalWithoutLeader(group))
            }
            if tick.number > UInt64(settings.readRetryTicks) {
                group.reads.retryRounds(
                    askedBefore: Tick(tick.number - UInt64(settings.readRetryTicks))
                )
            }
        }
        dropExpiredHeldBack(group)
        passTickForLeases(group)
        passTickForQuota(group)
        passTickForSnapshots(group)
        passTickForMembers(group, at: place)
        if case .keyspace(let machine) = group.machine { machine.sweep() }
        touch(place)
    }

    func refuse(_ waiter: Waiter, _ refusal: Refusal) { complete(waiter, .refused(refusal)) }

    func complete(_ waiter: Waiter, _ result: CompletionResult) {
        guard !waiter.isOwn else { return }
        let completion = Completion(waiter: waiter, result: result)
        if waiter.isOfStreams {
            effects.streamCompletions.append(completion)
        } else {
            effects.completions.append(completion)
        }
    }

    func stop(_ reason: String) {
        guard !isStopped else { return }
        isStopped = true
        effects.facts.append(.storageFailed(reason))
    }
}

extension Group {
    var hasKnownLeader: Bool { raft.leader != nil }

    /// Whether its commands rest on what their term's leader alone knows: of no other they may be
    /// proposed.
    ///
    /// A coordinator decides by who is alive; its successor decides anew.
    var isBoundToTerm: Bool { if case .coordinator = machine { true } else { false } }

    /// Whether a command can be sent to a leader now.
    var takesProposals: Bool { hasKnownLeader && raft.successor == nil }
}

/// A group as its node sees it.
public struct GroupStatus: Sendable, Equatable {
    public var leader: NodeID?
    public var isLeader: Bool
    public var term: Term
    public var lastIndex: LogIndex

    /// Up to where this node's own disk has the log.
    public var durableIndex: LogIndex
    public var commitIndex: LogIndex
    public var appliedIndex: LogIndex

    /// Whether this node's replica is being repaired: it neither leads nor votes.
    public var isDamaged: Bool
}
