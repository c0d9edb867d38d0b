public import Bytes
public import Model

/// What a transaction coordinator answers.
public enum TransactionAnswer: Sendable, Equatable {
    case initProducer(ProducerAnswer)
    case add(CoordinatorError?)
    case verify([PartitionResult])
    case end(ProducerAnswer)
    case markersWritten
    case describe(CoordinatorError?, TransactionRecord?)
    case list([ListedTransaction])
}

/// The producer that the client is from now on; none with an error.
public struct ProducerAnswer: Sendable, Equatable {
    public var error: CoordinatorError?
    public var producer = ProducerID.none
    public var epoch = ProducerEpoch.none
}

public struct ListedTransaction: Sendable, Equatable {
    public var transactionalID: ByteSlice
    public var producer: ProducerID
    public var phase: TransactionPhase
}

/// What a leader's transaction coordinator wants done, in this order.
public enum TransactionEffect: Sendable, Equatable {
    case answer(CoordinatorWaiter, TransactionAnswer)

    /// To be put into the group's log; then `committed` or `refused`.
    case propose(CoordinatorCommand, CoordinatorTicket)

    /// To be written until each partition has it and each group knows, which `markersWritten` says;
    /// a partition that is no more counts as one that has it.
    case writeMarkers(TransactionMarkers)
}

/// A decision, and who must hear of it.
public struct TransactionMarkers: Sendable, Equatable {
    public var identity: ProducerIdentity
    public var isCommitted: Bool

    /// The epoch is above that of the transaction's records (KIP-890).
    public var raisesEpoch: Bool
    public var partitions: [TopicPartition]
    public var groups: [ByteSlice]
}
