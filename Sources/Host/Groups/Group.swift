internal import Bytes
internal import Controller
internal import Keyspace
internal import Model
internal import RaftCore

/// One group's replica on this node: its Raft, its state machine, and who waits for what.
final class Group {
    let id: GroupID
    let machine: GroupMachine
    var raft: Raft
    var proposals: ProposalTracker
    var reads: ReadQueue

    /// Commands that wait for a leader to be known, or to be handed over to.
    var heldBack = HeldBackCommands()

    /// Before this tick, or a change of leader, what is held back stays: the leader that is known
    /// hands over, and would only return it.
    var heldBackUntil = Tick.zero

    /// Who waits for another node to lead.
    var transfer: PendingTransfer?

    /// The highest sequence taken from each node in `forwardsTerm`, so that a replayed forward is
    /// not proposed again.
    var forwards: [ForwardMark] = []

    /// The term that this replica led last; nil if none since the start.
    var forwardsTerm: Term?

    /// The highest term of which an entry was applied since the start.
    var appliedTerm = Term.zero

    var time: GroupTimeKeeper
    var snapshots = GroupSnapshots()
    var leases = LeaseWatch()
    var membership = GroupMembership()

    /// The members that are to hold it; all if nil.
    var replicas: [NodeID]?
    var quota = QuotaWatch()

    /// What was last told as a fact.
    var observed: ObservedLeadership

    /// Whether the journal knows this replica as damaged.
    var isMarkedDamaged = false

    /// For how many ticks it has been damaged and without a leader who could repair it.
    var ticksWithoutRepair = 0

    /// Whether it waits for its part in the turn.
    var isTouched = false

    /// Whether time passes for it.
    var isAwake = false

    /// Whether it only stands where a group was that is no more.
    var isVacant: Bool { id == Self.vacantID }

    private static let vacantID = GroupID(0)

    /// Takes part in nothing: it seems to have been touched already, and never has its turn.
    static var vacant: Group {
        let seed = GroupSeed(
            id: vacantID,
            source: .control(MetadataImage()),
            configuration: .unknown
        )
        let group = Group(
            RecoveredReplica(new: seed),
            on: NodeID(0),
            boots: 0,
            settings: ShardSettings(),
            seed: 0
        )
        group.isTouched = true
        group.isAwake = true
        return group
    }

    struct ForwardMark {
        var origin: NodeID
        var sequence: UInt64
    }

    init(id: GroupID, machine: GroupMachine, raft: Raft, firstSequence: UInt64) {
        self.id = id
        self.machine = machine
        self.raft = raft
        proposals = ProposalTracker(firstSequence: firstSequence)
        reads = ReadQueue(firstNumber: firstSequence)
        time = GroupTimeKeeper()
        observed = ObservedLeadership(leader: nil, term: raft.term, isLeader: false)
    }

    /// As its disk remembers it.
    convenience init(
        _ replica: RecoveredReplica,
        on node: NodeID,
        boots: UInt64,
        settings: ShardSettings,
        seed: UInt64
    ) {
        var restored = replica.restored
        if replica.isDamaged { restored.repair = RepairID(boots) }
        self.init(
            id: replica.id,
            machine: GroupMachine(replica.source),
            raft: Raft(
                replica: ReplicaID(node.number),
                restored: restored,
                settings: settings.raft,
                seed: seed &+ replica.id.number &* 0x9e37_79b9_7f4a_7c15
            ),
            firstSequence: boots << 40
        )
        snapshots.lastBytes = replica.snapshotBytes
        // What a snapshot covers is not applied again; its time goes on all the same.
        if let lastTime = replica.source.time { time.observe(lastTime, at: .zero) }
    }

    var isLeader: Bool { raft.role == .leader }

    /// The node that leads, if this replica knows it.
    var leaderNode: NodeID? { raft.leader.map { NodeID($0.number) } }
}

/// Who led when people were last told.
struct ObservedLeadership: Equatable {
    var leader: ReplicaID?
    var term: Term
    var isLeader: Bool
}

/// How far a group is with becoming what the cluster wants; all but the last for its leader.
struct GroupMembership {
    /// The version of the members that the group agrees with: nothing to do until that changes.
    var agreedVersion: UInt64?

    /// The term in which the members were asked for, and when.
    var askedTerm: Term?
    var askedAt = Tick.zero

    /// The term in which this node is sure to know the members.
    var knownTerm: Term?

    /// The term in which this leader, who is to leave, has tried to hand over.
    var handedOverTerm: Term?

    /// What was last told as a fact.
    var observed: GroupConfiguration?
}

/// What a group needs to know of its snapshots.
struct GroupSnapshots {
    /// Applied since the last snapshot.
    var entriesSince = 0
    var bytesSince = 0

    /// Of the last snapshot's file; zero if there is none.
    var lastBytes = 0

    /// A snapshot is being written.
    var isSaving = false

    /// The journal waits for one.
    var isWanted = false

    /// A snapshot that is durable and to be marked in the journal.
    var unmarked: SnapshotMark?

    /// Marked in the batch under way; the journal may then forget what it covers.
    var marking: SnapshotMark?

    var outgoing: [OutgoingSnapshot] = []
    var incoming: IncomingSnapshot?
}

/// A snapshot on its way to a follower, one chunk at a time.
struct OutgoingSnapshot {
    enum Stage {
        /// A chunk is read from the disk; becomes `sent`.
        case reading

        /// The next chunk, at this offset, waits until the throttle lets it go; becomes `reading`.
        case throttled(offset: UInt64)

        /// The follower is to say how far it is; becomes `reading` or `refused`, or ends.
        case sent

        /// The follower does not take it, or it cannot be read; tried again after a while.
        case refused
    }

    var stage = Stage.reading
    var target: ReplicaID
    var mark: SnapshotMark
    var term: Term
    var lastProgress: Tick
}

/// A snapshot that arrives.
struct IncomingSnapshot {
    var mark: SnapshotMark
    var leader: ReplicaID
    var term: Term
    var received: UInt64
    var lastProgress: Tick

    /// A chunk is on its way to the disk; until it is there no other is taken.
    var isWriting: Bool
}

/// A group's time, as far as this node can tell.
///
/// The leader's own clock drives it, from where the log left it: it starts once an entry of the
/// leader's own term is applied, when all earlier stamps are known.
struct GroupTimeKeeper {
    /// The highest stamp applied, and when this node applied it.
    private var applied = GroupTime.zero
    private var appliedAt = Instant.zero
    private var drivesSince: Term?

    /// The clock starts; before, no time has passed here.
    mutating func begin(at now: Instant) { appliedAt = now }

    mutating func observe(_ time: GroupTime, at now: Instant) {
        guard time > applied else { return }
        applied = time
        appliedAt = now
    }

    /// A leader that has applied an entry of its own term drives the time from here.
    mutating func lead(in term: Term, at now: Instant) {
        guard drivesSince != term else { return }
        drivesSince = term
        appliedAt = now
    }

    mutating func stopLeading() { drivesSince = nil }

    /// What a leader stamps its commands with.
    func stamp(in term: Term, at now: Instant) -> GroupTime {
        drivesSince == term ? estimate(at: now) : applied
    }

    /// A reader's best guess: what was applied, and what has passed here since.
    func estimate(at now: Instant) -> GroupTime {
        guard now > appliedAt else { return applied }
        return applied + Int64((now.number - appliedAt.number) / 1_000_000)
    }
}
