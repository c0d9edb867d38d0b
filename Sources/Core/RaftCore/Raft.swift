internal import Bytes
public import Model

/// One replica's Raft: a value that knows no clock, disk or network.
///
/// It turns messages, ticks, proposals and completed writes into a `Ready`: what is to be done.
///
/// **Elections** (Raft §5.2, thesis §9.6). A replica that hears no leader for [T, 2T) ticks first asks
/// whether it would win (pre-vote), so that one which was merely cut off disturbs nobody. Who has heard
/// a leader within T ignores such questions. A leader that hears no majority for T steps down.
///
/// **Replication** (thesis §3.5, §10.2.1). The leader sends entries while it writes them itself, without
/// waiting for answers, as each follower's window allows. It counts itself once its own write is synced,
/// and commits by counting only entries of its own term (§3.6.2).
///
/// **Reads** (§6.4). All reads between two turns share one round of heartbeats; a majority's answers
/// prove that the leader still led after the reads came.
///
/// **What goes out when.** Followers' acknowledgements, votes and requests for votes speak for what
/// is on disk: each waits until what it speaks for is synced. If that is so already, it goes with
/// `Ready.messages`; otherwise with the next `Persist`, which comes after all writes under way. A
/// refusal or a heartbeat's answer speaks for no entries: it waits only for term and vote. All else,
/// a leader's messages above all, waits for nothing: that it leads proves that its term is on disk.
///
/// **Handing over** (§3.10). A leader that is asked to takes no more proposals, brings its successor's
/// log up to date, and has it campaign at once; after an election timeout it gives up and goes on.
///
/// **Membership** (§4.1, §4.3). A configuration is in force as soon as its entry is in the log. A
/// change of voters goes through a joint configuration, which the leader leaves by itself once it is
/// committed; so whoever leads next completes what another began.
///
/// Nothing from outside traps: messages with impossible numbers are dropped (`Message.isPlausible`).
///
/// Missing as yet: leader leases.
///
/// Sources: Ongaro & Ousterhout 2014 ("Raft §"), Ongaro's thesis 2014 ("thesis §"), and etcd-io/raft
/// for flow control, conflict hints and the ways of pre-vote together with check-quorum.
public struct Raft: Sendable {
    public let replica: ReplicaID
    let settings: RaftSettings
    var random: SeededRandom

    /// Current term and vote; `writtenState` is what the disk was last told, by write `stateWrite`.
    var state: HardState
    var writtenState: HardState
    var stateWrite: UInt64 = 0

    var log: RaftLog
    var configurations: ConfigurationHistory

    /// The latest in the log, committed or not, and its quorum.
    public internal(set) var configuration: GroupConfiguration
    var quorum: JointQuorum

    /// The latest snapshot that is durable here: what a follower gets that is too far behind.
    public internal(set) var snapshot: SnapshotMark

    public internal(set) var leader: ReplicaID?

    /// Present while this replica makes up for what its disk has lost.
    var repair: Repair?

    /// The point that ended a repair in the current term: its leader must hear of it (`Raft+Repair`).
    var repairedIndex: LogIndex?

    /// Present while this replica runs for election, or leads; never both.
    ///
    /// Not cases of one enum with payloads: Swift cannot change a payload in place, and a leader's
    /// progress changes with each message.
    var campaign: Campaign?
    var leadership: Leadership?

    public internal(set) var commitIndex: LogIndex

    /// Term and vote, whether the disk has them yet or not.
    public var hardState: HardState { state }

    /// Committed entries up to here were given out to be applied.
    var deliveredIndex: LogIndex
    public internal(set) var appliedIndex: LogIndex

    /// Since the leader was last heard; for a leader, since it last counted its majority.
    var ticksElapsed = 0

    /// How many ticks this replica waits for a leader this time.
    var electionTimeoutTicks = 0

    /// Whether the clock stands still, as there is nothing to agree on.
    public internal(set) var isQuiescent = false

    /// A leader's ticks since something was last asked of it.
    var quietTicks = 0

    /// What the next `Ready` will carry: messages that wait for nothing, those that speak for what
    /// is on disk, and reads.
    var messages: [Message] = []
    var guardedMessages: [Message] = []
    var readable: [ReadableRound] = []
    var droppedReads: [ReadRequest] = []

    public init(
        replica: ReplicaID,
        restored: RestoredReplica,
        settings: RaftSettings,
        seed: UInt64
    ) {
        precondition(
            settings.electionTicks > settings.heartbeatTicks && settings.heartbeatTicks > 0,
            "an election timeout must outlast a heartbeat"
        )
        self.replica = replica
        self.settings = settings
        random = SeededRandom(seed: seed)
        snapshot = restored.snapshot
        configurations = ConfigurationHistory(restored.snapshot)
        configuration = restored.snapshot.configuration
        quorum = JointQuorum(restored.snapshot.configuration)
        log = RaftLog(
            baseIndex: restored.snapshot.index,
            baseTerm: restored.snapshot.term,
            entries: restored.entries
        )
        // A snapshot may reach the disk before the term of its last entry does; whoever lost a
        // term has not voted in it, as the vote would have been synced before anybody heard of it.
        state = restored.hardState
        if log.lastTerm > state.term {
            state = HardState(term: log.lastTerm, votedFor: nil, commitIndex: state.commitIndex)
        }
        writtenState = restored.hardState
        commitIndex = max(snapshot.index, min(restored.hardState.commitIndex, log.lastIndex))
        deliveredIndex = snapshot.index
        appliedIndex = snapshot.index
        repair = restored.repair.map { Repair(id: $0) }
        resetElectionTimer()
        #if MARTLET_MUTANTS
        if settings.mutant == .restartForgetsConfiguration { return }
        #endif
        adopt(configurationsOf: restored.entries[...])
    }

    /// Time passes.
    public mutating func tick() {
        guard !isQuiescent else { return }
        ticksElapsed += 1
        if leadership != nil {
            tickLeader()
        } else if mayLead && ticksElapsed >= electionTimeoutTicks {
            campaign(.preVote)
        }
    }

    /// A message from another replica, or from anybody who reached the port.
    public mutating func step(_ message: Message) {
        guard message.target == replica, message.source != replica, message.isPlausible else {
            return
        }
        wake()
        if message.term < state.term { return answerStale(message) }
        if case .requestVote(let request) = message.body {
            guard mayVote else { return }
            return consider(request, of: message.source, term: message.term)
        }
        if case .voteReply(let reply) = message.body, reply.isPreVote, reply.isGranted {
            // Carries the term that was asked about, which nobody has entered.
            return count(reply, of: message.source, term: message.term)
        }
        if message.term > state.term { enter(message.term) }
        switch message.body {
        case .requestVote: break
        case .voteReply(let reply): count(reply, of: message.source, term: message.term)
        case .append(let append): accept(append, from: message.source)
        case .appendReply(let reply): learn(reply, from: message.source)
        case .heartbeat(let heartbeat): accept(heartbeat, from: message.source)
        case .heartbeatReply(let reply): learn(reply, from: message.source)
        case .installSnapshot(let mark): expectSnapshot(mark, from: message.source)
        case .timeoutNow: succeed(message.source)
        case .repairing(let progress): learn(progress, from: message.source)
        case .repairPoint(let point): accept(point, from: message.source)
        }
    }
}

// What it is, for those who ask.
extension Raft {
    public var role: Role {
        if leadership != nil { return .leader }
        if let campaign { return campaign.isPreVote ? .preCandidate : .candidate }
        return isVoter ? .follower : .learner
    }

    public var term: Term { state.term }
    public var votedFor: ReplicaID? { state.votedFor }
    public var firstIndex: LogIndex { log.firstIndex }
    public var lastIndex: LogIndex { log.lastIndex }

    /// Entries up to here are on this replica's disk.
    public var durableIndex: LogIndex { log.durableIndex }

    /// Nil where the log does not reach: above its last entry, or compacted.
    public func term(at index: LogIndex) -> Term? { log.term(at: index) }

    var isVoter: Bool { configuration.isVoter(replica) }

    /// Whether no other replica can vote, so that nobody need be asked.
    var isOnlyVoter: Bool {
        configuration.voters == [replica] && configuration.outgoingVoters.isEmpty
    }
}
