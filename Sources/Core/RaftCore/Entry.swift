public import Bytes
public import Model

/// One entry of a group's Raft log.
public struct Entry: Sendable, Equatable {
    public let index: LogIndex
    public let term: Term
    public let kind: Kind

    /// What the state machine is to apply; empty unless the kind is `command` or `configuration`.
    public let payload: ByteSlice

    /// What an entry says; its numbers are on disk and on the wire.
    public enum Kind: UInt8, Sendable {
        /// A new leader's first entry, by which it commits those of earlier terms (§5.4.2).
        case empty = 0

        /// A command for the state machine.
        case command = 1

        /// A change of the group's voters and learners (§4.3); membership changes use it.
        case configuration = 2
    }

    public init(index: LogIndex, term: Term, kind: Kind, payload: ByteSlice) {
        self.index = index
        self.term = term
        self.kind = kind
        self.payload = payload
    }
}

/// What a replica must remember besides its log: written before any message that depends on it.
public struct HardState: Sendable, Equatable {
    public var term: Term
    public var votedFor: ReplicaID?

    /// A hint from which to apply after a restart; may lag, never leads.
    public var commitIndex: LogIndex

    public init(term: Term, votedFor: ReplicaID?, commitIndex: LogIndex) {
        self.term = term
        self.votedFor = votedFor
        self.commitIndex = commitIndex
    }

    public static let initial = HardState(term: .zero, votedFor: nil, commitIndex: .zero)
}

/// Who votes and who only learns.
///
/// During a joint change (§4.3) both majorities must agree.
public struct GroupConfiguration: Sendable, Equatable {
    public var voters: [ReplicaID]

    /// The voters before the change in progress; empty outside a joint change.
    public var outgoingVoters: [ReplicaID]

    public var learners: [ReplicaID]

    public init(
        voters: [ReplicaID],
        outgoingVoters: [ReplicaID] = [],
        learners: [ReplicaID] = []
    ) {
        self.voters = voters.sorted()
        self.outgoingVoters = outgoingVoters.sorted()
        self.learners = learners.sorted()
    }
}

/// What a snapshot stands for: all entries up to and with `index`.
public struct SnapshotMark: Sendable, Equatable {
    public var index: LogIndex
    public var term: Term
    public var configuration: GroupConfiguration

    public init(index: LogIndex, term: Term, configuration: GroupConfiguration) {
        self.index = index
        self.term = term
        self.configuration = configuration
    }
}
