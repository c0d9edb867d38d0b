public import Bytes
public import Model
public import RaftCore

/// One thing that a node says to another, mostly about one of its groups.
///
/// A frame (`PeerFrameWriter`, `PeerFrameReader`) carries many, of any groups. Nothing is answered
/// within the protocol: frames may be lost, doubled or late, and whoever asked repeats itself.
public enum PeerItem: Sendable, Equatable {
    /// The sender lives, in this start of its own; speaks for all its groups at once.
    case greeting(PeerGreeting)

    /// What follows in the frame promises nothing that rests on a later batch of the sender's journal.
    case promise(NodeLife)

    /// The sender leads the group; for nodes that hold no replica of it, and so would not know.
    case leads(GroupID, Term)

    case raft(GroupID, Message)

    /// A client's command, forwarded to the node that leads.
    case proposal(GroupID, ForwardedProposal)

    /// The forwarded command was certainly not appended.
    case proposalRefused(GroupID, sequence: UInt64, reason: ProposalRefusal)

    /// The forwarded command was certainly not appended, and is to be proposed anew: the asked node
    /// hands leadership over, or has lost it.
    case proposalReturned(GroupID, sequence: UInt64, payload: ByteSlice)

    /// Asks the leader from which index a linearizable read may be served.
    case read(GroupID, sequence: UInt64)

    /// No index if the asked node does not lead, or stopped leading before it was sure.
    case readReply(GroupID, sequence: UInt64, index: LogIndex?)

    case snapshotChunk(GroupID, SnapshotChunk)
    case snapshotProgress(GroupID, SnapshotProgress)

    public var isGreeting: Bool { if case .greeting = self { true } else { false } }
}

/// A command on its way to the leader.
public struct ForwardedProposal: Sendable, Equatable {
    /// The term in which the forwarding node knows the leader; a leader of another term refuses, so
    /// that a doubled frame cannot be proposed twice by two leaders.
    public var term: Term

    /// The forwarding node's number for it, echoed in a refusal.
    public var sequence: UInt64

    /// The payload of the entry to be.
    public var payload: ByteSlice

    public init(term: Term, sequence: UInt64, payload: ByteSlice) {
        self.term = term
        self.sequence = sequence
        self.payload = payload
    }
}

/// Why a forwarded command was not appended; the numbers are on the wire.
public enum ProposalRefusal: UInt8, Sendable, CaseIterable {
    case notLeader = 1
    case tooManyUncommittedBytes = 2
    case storageFull = 3

    /// The learner that is to be promoted has not caught up.
    case learnerNotReady = 4
}

/// A part of a snapshot's file, as the leader streams it to a follower.
public struct SnapshotChunk: Sendable, Equatable {
    public var mark: SnapshotMark
    public var term: Term
    public var leader: ReplicaID

    /// Where in the file the bytes belong.
    public var offset: UInt64

    public var totalBytes: UInt64
    public var bytes: ByteSlice

    public init(
        mark: SnapshotMark,
        term: Term,
        leader: ReplicaID,
        offset: UInt64,
        totalBytes: UInt64,
        bytes: ByteSlice
    ) {
        self.mark = mark
        self.term = term
        self.leader = leader
        self.offset = offset
        self.totalBytes = totalBytes
        self.bytes = bytes
    }
}

/// How far a follower is with the snapshot at `index`.
public struct SnapshotProgress: Sendable, Equatable {
    public var index: LogIndex

    /// Bytes received without a gap: the offset of the chunk that it wants next.
    public var received: UInt64

    public var verdict: Verdict

    /// The numbers are on the wire.
    public enum Verdict: UInt8, Sendable, CaseIterable {
        /// Go on at `received`.
        case more = 1

        /// The snapshot is on this follower's disk and restored.
        case done = 2

        /// It is not wanted, or was damaged: begin anew or not at all.
        case refused = 3
    }

    public init(index: LogIndex, received: UInt64, verdict: Verdict) {
        self.index = index
        self.received = received
        self.verdict = verdict
    }
}
