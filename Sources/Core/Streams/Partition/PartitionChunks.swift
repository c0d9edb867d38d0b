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

    /// Batches that end before `start` are left out, as they lie elsewhere.
    public init(_ partition: Partition, batchesFrom start: Offset = .zero) {
        self.partition = partition
        producers = partition.producers.sorted[...]
        epochs = partition.epochs.starts[...]
        aborted = partition.aborted.list[...]
        place = partition.log.place(of: start)
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

    private var header: PartitionSnapshotHeader {
        var first = place
        let batch = partition.log.batch(at: &first)
        return PartitionSnapshotHeader(
            logStartOffset: partition.logStartOffset,
            highWatermark: partition.highWatermark,
            batchesFrom: batch?.baseOffset ?? partition.highWatermark,
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
