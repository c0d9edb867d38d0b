public import Bytes
public import Model

/// The first byte of a chunk of a partition's snapshot; the numbers are on disk, and no other
/// snapshot's chunks have them.
public enum PartitionChunkKind: UInt8, Sendable, CaseIterable {
    case header = 16
    case producers = 17
    case leaderEpochs = 18
    case abortedTransactions = 19
    case batches = 20
}

/// A partition as the chunks of its snapshot, one after the other, made from a copy.
///
/// However large the partition, no chunk is much larger than a mebibyte, but for a batch that is.
public struct PartitionChunks: Sendable {
    private let partition: Partition
    private var producers: ArraySlice<ProducerState>
    private var epochs: ArraySlice<LeaderEpochs.Start>
    private var aborted: ArraySlice<AbortedTransaction>
    private var place: BatchPlace
    private var stage = PartitionChunkKind.header

    /// Where the batches begin that whoever writes the snapshot puts in front of ours.
    private let elsewhereFrom: Offset?

    /// Batches that end before `start` are left out, as they lie elsewhere.
    ///
    /// A snapshot for somebody else has those, too: from `elsewhere` on, as `batches(_:)` between
    /// the last chunk before `hasOnlyBatchesLeft` and the next.
    public init(
        _ partition: Partition,
        batchesFrom start: Offset = .zero,
        behindThoseFrom elsewhere: Offset? = nil
    ) {
        self.partition = partition
        elsewhereFrom = elsewhere
        epochs = partition.epochs.starts[...]
        #if MARTLET_MUTANTS
        producers = partition.mutated(partition.producers.sorted)[...]
        aborted = partition.mutant == .snapshotForgetsAborted ? [] : partition.aborted.list[...]
        #else
        producers = partition.producers.sorted[...]
        aborted = partition.aborted.list[...]
        #endif
        place = partition.log.place(of: start)
    }

    /// Stamped batches, as a segment holds them, as a chunk.
    public static func batches(_ stamped: ByteSlice) -> ByteSlice {
        var chunk = ByteWriter(capacity: 1 + stamped.count)
        chunk.byte(PartitionChunkKind.batches.rawValue)
        chunk.slice(stamped)
        return chunk.slice
    }

    /// Whether all but batches has been given out.
    public var hasOnlyBatchesLeft: Bool {
        stage != .header && producers.isEmpty && epochs.isEmpty && aborted.isEmpty
    }

    /// Nil at the end.
    public mutating func next() -> ByteSlice? {
        var chunk = ByteWriter()
        chunk.byte(stage.rawValue)
        switch stage {
        case .header:
            stage = .producers
            PartitionCodec.encode(header, into: &chunk)
        case .producers:
            guard !producers.isEmpty else { return next(.leaderEpochs) }
            for state in Self.take(from: &producers) { PartitionCodec.encode(state, into: &chunk) }
        case .leaderEpochs:
            guard !epochs.isEmpty else { return next(.abortedTransactions) }
            for start in Self.take(from: &epochs) { PartitionCodec.encode(start, into: &chunk) }
        case .abortedTransactions:
            guard !aborted.isEmpty else { return next(.batches) }
            for one in Self.take(from: &aborted) { PartitionCodec.encode(one, into: &chunk) }
        case .batches:
            while chunk.count < Limits.snapshotChunkBytesWanted,
                let batch = partition.log.batch(at: &place)
            {
                PartitionCodec.encode(batch, into: &chunk)
            }
            guard chunk.count > 1 else { return nil }
        }
        return chunk.slice
    }

    private mutating func next(_ stage: PartitionChunkKind) -> ByteSlice? {
        self.stage = stage
        return next()
    }

    private static func take<Item>(from items: inout ArraySlice<Item>) -> ArraySlice<Item> {
        let taken = items.prefix(Limits.snapshotItemsPerChunk)
        items.removeFirst(taken.count)
        return taken
    }

    private var logStart: Offset {
        #if MARTLET_MUTANTS
        if partition.mutant == .snapshotForgetsLogStart { return .zero }
        #endif
        return partition.logStartOffset
    }

    private var header: PartitionSnapshotHeader {
        var first = place
        let batch = partition.log.batch(at: &first)
        return PartitionSnapshotHeader(
            logStartOffset: logStart,
            highWatermark: partition.highWatermark,
            batchesFrom: elsewhereFrom ?? batch?.baseOffset ?? partition.highWatermark,
            time: partition.time,
            nextProducerSweep: partition.nextProducerSweep,
            configuration: partition.configuration
        )
    }
}

/// What a snapshot says of a partition beside its lists.
struct PartitionSnapshotHeader: Sendable, Equatable {
    var logStartOffset: Offset
    var highWatermark: Offset

    /// The first batch in the snapshot; the high watermark if there is none.
    var batchesFrom: Offset
    var time: GroupTime
    var nextProducerSweep: GroupTime
    var configuration: PartitionConfiguration
}
