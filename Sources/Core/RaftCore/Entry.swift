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

        /// The group's voters and learners from here on (§4.3): a `GroupConfiguration`'s bytes.
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
