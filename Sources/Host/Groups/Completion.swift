public import Controller
public import Keyspace
public import Streams

/// Who waits for an answer: a front's connection and its number for the request.
public struct Waiter: Sendable, Hashable {
    public var client: UInt32
    public var request: UInt64

    public init(client: UInt32, request: UInt64) {
        self.client = client
        self.request = request
    }

    /// A connection of Kafka's front: two fronts number theirs, each on its own.
    public static func ofStreams(_ connection: UInt32, request: UInt64) -> Waiter {
        Waiter(client: connection | streamsBit, request: request)
    }

    public var isOfStreams: Bool { client >> 30 == 1 }

    /// The number of the connection, whichever front's.
    public var connection: UInt32 { client & ~Self.streamsBit }

    /// Fronts number few connections from below, and what is their own from above.
    private static let streamsBit: UInt32 = 1 << 30

    /// Nobody: the shard's own commands.
    static let none = Waiter(client: .max, request: 0)

    /// The shard itself, which wants to know who belongs to the cluster, for the group at `place`.
    static func members(of place: Int) -> Waiter {
        Waiter(client: .max, request: UInt64(place) + 1)
    }

    /// Whether no client waits.
    var isOwn: Bool { client == .max }

    var membersPlace: Int? { isOwn && request > 0 ? Int(request) - 1 : nil }
}

/// An answer for a waiter.
public struct Completion: Sendable {
    public var waiter: Waiter
    public var result: CompletionResult

    public init(waiter: Waiter, result: CompletionResult) {
        self.waiter = waiter
        self.result = result
    }
}

public enum CompletionResult: Sendable {
    /// A majority has the command on disk, and it was applied here.
    case applied(Result<KeyspaceResponse, KeyspaceError>)

    /// A linearizable read may now be served from this node's keyspace.
    case readable

    /// A majority has the record on disk, and it was applied here; it may have been refused.
    case metadataChanged(MetadataDelta)

    /// A majority has a partition's or a coordinator's command on disk, and it was applied here.
    case streams(StreamOutcome)

    /// This node follows the replica that was to lead.
    case leadershipTransferred

    case refused(Refusal)
}

/// What became of a command of Kafka's front.
public enum StreamOutcome: Sendable {
    case partition(Result<PartitionResponse, PartitionRefusal>)
    case coordinated
}

/// Why a request was not carried out.
public enum Refusal: Sendable, Equatable {
    /// No leader was found in time; certainly not applied.
    case noLeader

    /// This node's replica of the group is damaged, and no leader is there to repair it: certainly not
    /// applied. The group stands still until a majority without damage is up, others go on.
    case groupDamaged

    /// No answer in time; the command may or may not have been applied, or may be later.
    case timedOut

    /// More is under way than `Limits` allow; certainly not applied, try again later.
    case tooManyRequests

    /// The leader's disk is full; certainly not applied.
    case storageFull

    /// The request does not decode; a front that checks its requests never sees it.
    case malformedCommand

    /// The group is not on this node.
    case unknownGroup

    /// Only the leader can hand over, and this node does not lead.
    case notLeader

    /// The node that was to lead is no voter of the group.
    case notVoter

    /// The node that was to lead has not taken over within an election timeout, or another has;
    /// may be tried again.
    case notTransferred

    /// The learner that is to be promoted lacks more than a tenth of the log; try again later.
    case learnerNotReady
}
