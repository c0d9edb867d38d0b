internal import Bytes
public import Model

/// Why nothing is read.
public enum PartitionReadError: Error, Equatable, Sendable {
    /// Before the log start or behind the high watermark: OFFSET_OUT_OF_RANGE (1).
    case offsetOutOfRange(logStart: Offset, highWatermark: Offset)

    /// The batches before `memoryStart` are not in memory: read them where they were written to.
    case notInMemory(memoryStart: Offset)
}

/// What a fetch finds.
public struct PartitionRead: Sendable, Equatable {
    /// Whole batches, the first of which holds the offset asked for; none at the end.
    public let batches: [StoredBatch]
    public let byteCount: Int

    /// Who reads what is committed leaves these out.
    public let abortedTransactions: [AbortedTransaction]
}

extension Partition {
    /// Reads batches from the one that holds `offset` on.
    ///
    /// At least one if there is one, however large (KIP-74); more only as long as all of them fit
    /// into `bytesMax`. With `readCommitted` none at or behind the last stable offset.
    public func read(
        from offset: Offset,
        bytesMax: Int,
        isolation: Isolation
    ) throws(PartitionReadError) -> PartitionRead {
        guard offset >= logStartOffset, offset <= highWatermark else {
            throw .offsetOutOfRange(logStart: logStartOffset, highWatermark: highWatermark)
        }
        guard offset >= memoryStartOffset else {
            throw .notInMemory(memoryStart: memoryStartOffset)
        }
        let end = end(for: isolation)
        var place = log.place(of: offset)
        #if MARTLET_MUTANTS
        var next = place
        if mutant == .readsSkipTheBatch, let batch = log.batch(at: &next), batch.baseOffset < offset
        {
            place = next
        }
        #endif
        var batches: [StoredBatch] = []
        var byteCount = 0
        while let batch = log.batch(at: &place), batch.lastOffset < end {
            #if MARTLET_MUTANTS
            if mutant == .largeBatchesAreNotRead, batch.byteCount > bytesMax { break }
            #endif
            guard batches.isEmpty || byteCount + batch.byteCount <= bytesMax else { break }
            batches.append(batch)
            byteCount += batch.byteCount
        }
        return PartitionRead(
            batches: batches,
            byteCount: byteCount,
            abortedTransactions: aborted(in: batches, from: offset, isolation)
        )
    }

    private func aborted(
        in batches: [StoredBatch],
        from offset: Offset,
        _ isolation: Isolation
    ) -> [AbortedTransaction] {
        switch isolation {
        case .readUncommitted: []
        case .readCommitted:
            batches.last.map { abortedTransactions(in: offset..<$0.lastOffset.next) } ?? []
        }
    }
}
