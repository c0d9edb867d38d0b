public import Bytes
public import Model

/// Where a transaction is, by Kafka's names.
public enum TransactionPhase: UInt8, Sendable, CaseIterable {
    /// Its producer has begun nothing.
    case empty = 0
    case ongoing = 1

    /// It is decided; partitions and groups are being told.
    case prepareCommit = 2
    case prepareAbort = 3

    /// All have been told.
    case completeCommit = 4
    case completeAbort = 5

    public var name: String {
        switch self {
        case .empty: "Empty"
        case .ongoing: "Ongoing"
        case .prepareCommit: "PrepareCommit"
        case .prepareAbort: "PrepareAbort"
        case .completeCommit: "CompleteCommit"
        case .completeAbort: "CompleteAbort"
        }
    }

    /// Decided, and not everybody knows.
    var isPreparing: Bool { self == .prepareCommit || self == .prepareAbort }
}

/// A transactional ID: its producer, and its transaction, the last one or the one under way.
public struct TransactionRecord: Sendable, Equatable {
    /// Counts this ID's records: a proposal that was made for an earlier one changes nothing.
    public var version: UInt64 = 0
    public var producer: ProducerID
    public var epoch = ProducerEpoch.none

    /// Who tries again with these did not hear of the ones that followed; none if it would be another.
    public var formerProducer = ProducerID.none
    public var formerEpoch = ProducerEpoch.none

    /// Takes over when the transaction is complete, as the epochs are used up.
    public var nextProducer = ProducerID.none

    /// In milliseconds.
    public var timeout: Int32
    public var phase = TransactionPhase.empty

    /// The producer's epoch rises with each transaction (KIP-890).
    public var raisesEpoch = false

    /// Sorted.
    public var partitions: [TopicPartition] = []

    /// Consumer groups with offsets in the transaction; sorted.
    public var groups: [ByteSlice] = []

    /// When it began, by the wall clock in milliseconds since 1970; −1 unless there is one.
    public var startedAt: Int64 = -1

    /// When it began, by the group's time.
    public var startTime = GroupTime.zero

    /// When something last changed.
    public var time = GroupTime.zero

    init(producer: ProducerID, timeout: Int32) {
        self.producer = producer
        self.timeout = timeout
    }

    /// An epoch that may be given out must be followed by one that fences it.
    var isEpochExhausted: Bool { epoch.number >= Int16.max - 1 }

    /// What markers say of it, or would.
    public var isCommitted: Bool { phase == .prepareCommit || phase == .completeCommit }
}

/// The offsets that a producer sent for a group in a transaction that is not decided yet.
public struct PendingOffsets: Sendable, Equatable {
    public internal(set) var epoch: ProducerEpoch
    public internal(set) var offsets = OffsetTable()
}

/// The latest marker of a producer that was seen here: what has an earlier epoch comes too late.
public struct EndedProducer: Sendable, Equatable {
    public internal(set) var epoch: ProducerEpoch
    public internal(set) var time: GroupTime
}
