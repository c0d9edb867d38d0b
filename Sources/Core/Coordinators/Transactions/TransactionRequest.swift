public import Bytes
public import Model

/// What is asked of a transaction coordinator; what is permitted to whom the front has checked.
public enum TransactionRequest: Sendable, Equatable {
    case initProducer(InitProducerRequest)
    case add(AddToTransactionRequest)

    /// Whether the partitions are in the producer's transaction, asked by who leads them.
    case verify(ProducerIdentity, [TopicPartition])
    case end(EndTransactionRequest)

    /// Partitions have their markers and groups know; by who carries out `writeMarkers`.
    case markersWritten(ProducerIdentity, partitions: [TopicPartition], groups: [ByteSlice])
    case describe(transactionalID: ByteSlice)
    case list(TransactionFilter)
}

/// A producer as it believes to be.
public struct ProducerIdentity: Sendable, Equatable {
    public var transactionalID: ByteSlice
    public var producer: ProducerID
    public var epoch: ProducerEpoch

    public init(transactionalID: ByteSlice, producer: ProducerID, epoch: ProducerEpoch) {
        self.transactionalID = transactionalID
        self.producer = producer
        self.epoch = epoch
    }
}

public struct InitProducerRequest: Sendable, Equatable {
    /// Nil of a producer that is idempotent only.
    public var transactionalID: ByteSlice?

    /// In milliseconds.
    public var timeout: Int32

    /// Of a producer that goes on after an error (version 3, KIP-360); none of one that begins.
    public var producer: ProducerID
    public var epoch: ProducerEpoch

    public init(
        transactionalID: ByteSlice?,
        timeout: Int32,
        producer: ProducerID = .none,
        epoch: ProducerEpoch = .none
    ) {
        self.transactionalID = transactionalID
        self.timeout = timeout
        self.producer = producer
        self.epoch = epoch
    }
}

public struct AddToTransactionRequest: Sendable, Equatable {
    public var identity: ProducerIdentity
    public var partitions: [TopicPartition]
    public var groups: [ByteSlice]

    /// The client knows that its epoch rises with each transaction (KIP-890).
    public var raisesEpoch: Bool

    public init(
        identity: ProducerIdentity,
        partitions: [TopicPartition] = [],
        groups: [ByteSlice] = [],
        raisesEpoch: Bool
    ) {
        self.identity = identity
        self.partitions = partitions
        self.groups = groups
        self.raisesEpoch = raisesEpoch
    }
}

public struct EndTransactionRequest: Sendable, Equatable {
    public var identity: ProducerIdentity
    public var isCommitted: Bool

    /// EndTxn version 5 and later.
    public var raisesEpoch: Bool

    public init(identity: ProducerIdentity, isCommitted: Bool, raisesEpoch: Bool) {
        self.identity = identity
        self.isCommitted = isCommitted
        self.raisesEpoch = raisesEpoch
    }
}

/// Which transactions to list; what is empty asks for all.
public struct TransactionFilter: Sendable, Equatable {
    public var phases: [TransactionPhase]
    public var producers: [ProducerID]

    /// Only those that have been under way for as many milliseconds; −1 asks for all.
    public var durationMin: Int64

    public init(
        phases: [TransactionPhase] = [],
        producers: [ProducerID] = [],
        durationMin: Int64 = -1
    ) {
        self.phases = phases
        self.producers = producers
        self.durationMin = durationMin
    }
}
