public import Model

/// What a partition remembers of a producer, so that it takes each of its batches once.
public struct ProducerState: Sendable, Equatable {
    public internal(set) var id: ProducerID
    public internal(set) var epoch: ProducerEpoch

    /// The last batches of this epoch, the newest last; none if only a marker brought the epoch.
    var kept: [KeptBatch] = []

    /// When it last did anything, by the group's time.
    var lastUsed: GroupTime

    /// Milliseconds since 1970, of its last batch or marker; −1 if there was none.
    public internal(set) var lastTimestamp: Int64 = -1

    /// Of the last marker; −1 if there was none.
    public internal(set) var coordinatorEpoch: Int32 = -1

    /// The first offset of the transaction that it has open.
    public internal(set) var transactionStart: Offset?

    /// The last marker's place and epoch.
    public internal(set) var lastMarker: LastMarker?

    /// Its last batch's last sequence; −1 if it has none in this epoch.
    public var lastSequence: Int32 { kept.last?.lastSequence ?? -1 }

    /// What the next batch of this epoch must begin with.
    var nextSequence: Int32 { kept.last.map { $0.lastSequence.sequence(after: 1) } ?? 0 }

    init(id: ProducerID, epoch: ProducerEpoch, lastUsed: GroupTime) {
        self.id = id
        self.epoch = epoch
        self.lastUsed = lastUsed
    }

    mutating func keep(_ batch: KeptBatch) {
        if kept.count == Limits.batchesKeptPerProducer { kept.removeFirst() }
        kept.append(batch)
    }
}

/// A batch as far as it takes to know it again.
struct KeptBatch: Sendable, Equatable {
    var baseSequence: Int32
    var lastOffsetDelta: Int32
    var baseOffset: Offset
    var maxTimestamp: Int64

    var lastSequence: Int32 { baseSequence.sequence(after: lastOffsetDelta) }
}

/// How a producer's last transaction ended here.
public struct LastMarker: Sendable, Equatable {
    public var offset: Offset
    public var epoch: ProducerEpoch
}
