public import Model

/// Why a command changes nothing; each case names Kafka's code and what helps.
public enum PartitionRefusal: Error, Equatable, Sendable {
    /// No batch: whoever proposed it did not check it.
    case malformed(BatchError)

    /// A later life of the producer was seen: INVALID_PRODUCER_EPOCH (47). It must stop.
    case producerFenced(current: ProducerEpoch)

    /// A batch before it is missing: OUT_OF_ORDER_SEQUENCE_NUMBER (45).
    case outOfOrderSequence(expected: Int32)

    /// It was taken, longer ago than is remembered: DUPLICATE_SEQUENCE_NUMBER (46). Its offset is
    /// not known any more.
    case duplicateSequence

    /// Outside a transaction, while the producer has one open: INVALID_TXN_STATE (48).
    case transactionExpected

    /// The transaction for which the batch was let in is over: INVALID_TXN_STATE (48).
    case transactionEnded

    /// A later coordinator has written here: TRANSACTION_COORDINATOR_FENCED (52).
    case coordinatorFenced(current: Int32)

    /// As many producers as may be known were busy lately; retriable, later.
    case tooManyProducers

    /// As many transactions as may be remembered are open or aborted; retriable, once some have
    /// ended or the log start has passed them.
    case tooManyTransactions

    /// Behind the high watermark: OFFSET_OUT_OF_RANGE (1).
    case offsetOutOfRange(logStart: Offset, highWatermark: Offset)

    /// No offset is left.
    case offsetsExhausted
}

/// What became of a command.
public enum PartitionResponse: Sendable, Equatable {
    case appended(Appended)
    case markerWritten(MarkerWritten)
    case recordsDeleted(logStart: Offset)
    case configured
}

/// Where a batch lies.
public struct Appended: Sendable, Equatable {
    public let baseOffset: Offset
    public let lastOffset: Offset

    /// Milliseconds since 1970, of its latest record; with LogAppendTime of them all.
    public let maxTimestamp: Int64

    /// Whether it was there before, and was sent again.
    public let isDuplicate: Bool

    public init(baseOffset: Offset, lastOffset: Offset, maxTimestamp: Int64, isDuplicate: Bool) {
        self.baseOffset = baseOffset
        self.lastOffset = lastOffset
        self.maxTimestamp = maxTimestamp
        self.isDuplicate = isDuplicate
    }
}

/// Where a transaction's marker lies.
public struct MarkerWritten: Sendable, Equatable {
    public let offset: Offset

    /// Whether it was there before, and the coordinator repeats itself.
    public let isRepeated: Bool

    public init(offset: Offset, isRepeated: Bool) {
        self.offset = offset
        self.isRepeated = isRepeated
    }
}
