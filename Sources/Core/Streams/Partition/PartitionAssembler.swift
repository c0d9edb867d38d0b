public import Bytes
internal import Model

/// A partition that is put together again from the chunks of its snapshot.
public struct PartitionAssembler: Sendable {
    private var header: PartitionSnapshotHeader?
    private var partition = Partition()
    private var open: [OpenTransaction] = []

    /// Behind the last batch.
    private var end: Offset?

    public init() {}

    /// Takes the next chunk, its kind in the first byte; what cannot be is refused.
    public mutating func receive(_ chunk: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(chunk)
        let number = try reader.byte()
        guard let kind = PartitionChunkKind(rawValue: number) else {
            throw .malformed("a partition's chunk of kind \(number)")
        }
        guard let header else {
            guard kind == .header else { throw .malformed("a chunk before the header") }
            return try begin(&reader)
        }
        while !reader.isAtEnd {
            switch kind {
            case .header: throw .malformed("a second header")
            case .producers: try add(PartitionCodec.producer(from: &reader), header)
            case .leaderEpochs: try add(PartitionCodec.epochStart(from: &reader))
            case .abortedTransactions: try add(PartitionCodec.abortedTransaction(from: &reader))
            case .batches: try add(PartitionCodec.batch(from: &reader), header)
            }
        }
    }

    /// The partition, when all chunks were received.
    public consuming func finished() throws(DecodeError) -> Partition {
        guard let header else { throw .malformed("a partition without a header") }
        guard header.batchesFrom == partition.memoryStartOffset,
            partition.log.isEmpty || end == header.highWatermark
        else { throw .malformed("a partition without its last batches") }
        for transaction in open.sorted(by: { $0.firstOffset < $1.firstOffset }) {
            guard partition.open.list.last?.firstOffset != transaction.firstOffset else {
                throw .malformed("two transactions with one offset")
            }
            partition.open.append(transaction)
        }
        return partition
    }

    private mutating func begin(_ reader: inout ByteReader) throws(DecodeError) {
        let header = try PartitionCodec.header(from: &reader)
        guard reader.isAtEnd else { throw .malformed("more behind the header") }
        partition.configuration = header.configuration
        partition.logStartOffset = header.logStartOffset
        partition.highWatermark = header.highWatermark
        partition.time = header.time
        partition.nextProducerSweep = header.nextProducerSweep
        self.header = header
    }

    private mutating func add(
        _ state: ProducerState,
        _ header: PartitionSnapshotHeader
    ) throws(DecodeError) {
        if let start = state.transactionStart {
            guard start < header.highWatermark else {
                throw .malformed("a transaction behind the log's end")
            }
            open.append(OpenTransaction(firstOffset: start, producerID: state.id))
        }
        guard partition.producers.count < Limits.producersMax else {
            throw .tooLarge("more than \(Limits.producersMax) producers")
        }
        guard partition.producers.insert(state) else {
            throw .malformed("producer \(state.id) twice")
        }
    }

    private mutating func add(_ start: LeaderEpochs.Start) throws(DecodeError) {
        guard partition.epochs.starts.count < Limits.leaderEpochsMax else {
            throw .tooLarge("more than \(Limits.leaderEpochsMax) leader epochs")
        }
        guard start.epoch > partition.epochs.latest,
            start.offset >= partition.epochs.starts.last?.offset ?? .zero
        else { throw .malformed("leader epochs out of order") }
        partition.epochs.note(start.epoch, at: start.offset)
    }

    private mutating func add(_ aborted: AbortedTransaction) throws(DecodeError) {
        guard partition.aborted.list.count < Limits.transactionsAbortedMax else {
            throw .tooLarge("more than \(Limits.transactionsAbortedMax) aborted transactions")
        }
        if let last = partition.aborted.list.last, aborted.lastOffset <= last.lastOffset {
            throw .malformed("aborted transactions out of order")
        }
        partition.aborted.append(aborted)
    }

    private mutating func add(
        _ batch: StoredBatch,
        _ header: PartitionSnapshotHeader
    ) throws(DecodeError) {
        guard batch.baseOffset >= end ?? header.batchesFrom else {
            throw .malformed("batches out of order")
        }
        guard batch.lastOffset < header.highWatermark else {
            throw .malformed("a batch behind the log's end")
        }
        partition.log.append(batch)
        end = batch.lastOffset.next
    }
}
