internal import Model

/// What the writer and the reader of a frame agree on.
///
/// A frame is
///
///     version: UInt8 = 1 · source: UInt64 · item* · CRC-32C of all before: UInt32
///
/// with numbers of fixed width in little-endian order, and an item
///
///     head: UInt8 (kind in bits 0–4, flags in bits 5–7) · group: zigzag varint of the difference
///     from the item before · fields, as varints or bytes
///
/// A greeting and a promise are of no group: their difference is zero.
///
/// A raft item has source replica, target replica and term next; if both replicas are those of the
/// raft item before, a flag stands for them. So the heartbeat of each further group between two
/// nodes takes four to eight bytes: head, group, term, commit index.
enum PeerFrameFormat {
    static let version: UInt8 = 1

    /// Version and source in front, the checksum behind.
    static let headBytes = 9
    static let checksumBytes = 4

    /// What the numbers of an item take at most, and what an entry takes beside its payload unless it
    /// is very large: for estimates.
    static let itemBytesMax = 96
    static let entryBytes = 8

    /// Kinds of items; the numbers are on the wire.
    enum Kind: UInt8 {
        case requestVote = 1
        case voteReply = 2
        case append = 3
        case appendAccepted = 4
        case appendRejected = 5
        case heartbeat = 6
        case heartbeatReply = 7
        case installSnapshot = 8
        case timeoutNow = 9
        case repairing = 10
        case repairPoint = 11
        case proposal = 16
        case proposalRefused = 17
        case read = 18
        case readReply = 19
        case snapshotChunk = 20
        case snapshotProgress = 21
        case proposalReturned = 22
        case greeting = 23
        case promise = 24
        case leads = 25
    }

    static let kindMask: UInt8 = 0x1f

    /// The replicas of the raft item before.
    static let sameReplicas: UInt8 = 0x20

    /// A pre-vote; or: an optional number is present.
    static let first: UInt8 = 0x40

    /// The vote is granted; or: it is asked for as the leader wants it; or: the last heartbeat.
    static let second: UInt8 = 0x80

    /// Small numbers of either sign become small numbers; any difference modulo 2⁶⁴ survives.
    static func zigzag(_ difference: UInt64) -> UInt64 {
        let signed = Int64(bitPattern: difference)
        return UInt64(bitPattern: (signed << 1) ^ (signed >> 63))
    }

    static func unzigzag(_ coded: UInt64) -> UInt64 {
        (coded >> 1) ^ (0 &- (coded & 1))
    }
}

/// Who spoke last in a frame; what follows is written as the difference.
struct PeerFrameContext {
    var group: UInt64 = 0
    var source: ReplicaID?
    var target: ReplicaID?
}
