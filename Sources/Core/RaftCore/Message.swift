public import Model

/// What replicas of one group say to each other.
public struct Message: Sendable, Equatable {
    public var source: ReplicaID
    public var target: ReplicaID
    public var term: Term
    public var body: Body

    public init(source: ReplicaID, target: ReplicaID, term: Term, body: Body) {
        self.source = source
        self.target = target
        self.term = term
        self.body = body
    }

    public enum Body: Sendable, Equatable {
        case requestVote(RequestVote)
        case voteReply(VoteReply)
        case append(AppendEntries)
        case appendReply(AppendReply)
        case heartbeat(Heartbeat)
        case heartbeatReply(HeartbeatReply)

        /// The snapshot that Host is to stream; the follower's Host steps `snapshotReceived`.
        case installSnapshot(SnapshotMark)

        /// The leader hands over: its successor is to campaign at once (thesis §3.10).
        case timeoutNow

        /// A damaged replica's answer to whatever its leader sends: it counts for nothing.
        case repairing(RepairProgress)

        /// The leader's answer to that: here the repair ends.
        case repairPoint(RepairPoint)
    }
}

/// Asks for a vote, or, as pre-vote, whether one would be given (§3.4, §9.6).
public struct RequestVote: Sendable, Equatable {
    public var isPreVote: Bool

    /// The leader has asked the candidate to take over, so that who hears that leader votes all the
    /// same (§3.10, §4.2.3); never together with `isPreVote`.
    public var isTransfer: Bool

    public var lastIndex: LogIndex
    public var lastTerm: Term

    public init(
        isPreVote: Bool,
        isTransfer: Bool = false,
        lastIndex: LogIndex,
        lastTerm: Term
    ) {
        self.isPreVote = isPreVote
        self.isTransfer = isTransfer
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
    }
}

public struct VoteReply: Sendable, Equatable {
    public var isPreVote: Bool
    public var isGranted: Bool

    public init(isPreVote: Bool, isGranted: Bool) {
        self.isPreVote = isPreVote
        self.isGranted = isGranted
    }
}

/// Entries that follow `previousIndex`; empty as a probe (§3.5).
public struct AppendEntries: Sendable, Equatable {
    public var previousIndex: LogIndex
    public var previousTerm: Term
    public var entries: [Entry]
    public var commitIndex: LogIndex

    public init(
        previousIndex: LogIndex,
        previousTerm: Term,
        entries: [Entry],
        commitIndex: LogIndex
    ) {
        self.previousIndex = previousIndex
        self.previousTerm = previousTerm
        self.entries = entries
        self.commitIndex = commitIndex
    }
}

public enum AppendReply: Sendable, Equatable {
    /// All entries up to `matchIndex` are the leader's, and on this follower's disk.
    case accepted(matchIndex: LogIndex)

    /// The log differs at `previousIndex`; it may agree at `hintIndex`, where its term is `hintTerm`.
    case rejected(previousIndex: LogIndex, hintIndex: LogIndex, hintTerm: Term)
}

/// Keeps followers quiet, tells them what is committed, and carries a read round's context.
public struct Heartbeat: Sendable, Equatable {
    /// Never above what the follower is known to hold.
    public var commitIndex: LogIndex
    public var round: ReadRound?

    /// Whether the leader quiesces: if `commitIndex` is the end of the follower's log, too, there will
    /// be no further heartbeat until something happens.
    public var isLast: Bool

    public init(commitIndex: LogIndex, round: ReadRound?, isLast: Bool = false) {
        self.commitIndex = commitIndex
        self.round = round
        self.isLast = isLast
    }
}

public struct HeartbeatReply: Sendable, Equatable {
    public var round: ReadRound?

    public init(round: ReadRound?) { self.round = round }
}

/// One round of ReadIndex (§6.4); its number is never used twice by a leader in its term, so a late
/// reply cannot confirm a later read.
public struct ReadRound: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}
