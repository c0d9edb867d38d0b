public import Model

extension Partition {
    /// Moves the log start to `offset`, −1 being the high watermark; the log start afterwards.
    ///
    /// It never moves back. What producers have written is remembered.
    public mutating func deleteRecords(
        before offset: Offset,
        at time: GroupTime
    ) -> Result<Offset, PartitionRefusal> {
        advance(to: time)
        let target = offset == Offset(-1) ? highWatermark : offset
        guard target >= .zero, target <= highWatermark else {
            return .failure(
                .offsetOutOfRange(logStart: logStartOffset, highWatermark: highWatermark)
            )
        }
        guard target > logStartOffset else { return .success(logStartOffset) }
        logStartOffset = target
        #if MARTLET_MUTANTS
        if mutant == .deletionForgetsProducers {
            producers.removeAll { $0.transactionStart == nil }
        }
        #endif
        log.forget(before: target)
        aborted.forget(before: target)
        epochs.forget(before: target)
        return .success(target)
    }

    /// Drops batches from memory that lie elsewhere, all of them before `offset`.
    ///
    /// A replica's own affair: no other answer changes than whence it comes.
    public mutating func release(before offset: Offset) { log.forget(before: offset) }

    /// How far the log start may move, by age and size of what is in memory; nil if it need not.
    ///
    /// Whole chunks go: those all of whose records are older than `oldest`, milliseconds since
    /// 1970, and those without which `bytesMax` are left. Nothing undecided goes.
    public func retentionOffset(oldest: Int64?, bytesMax: Int?) -> Offset? {
        var rest = log.byteCount
        var offset: Offset?
        for chunk in log.chunks[log.firstChunk...] {
            let isOld = oldest.map { chunk.maxTimestamp < $0 } ?? false
            let isTooMuch = bytesMax.map { rest - chunk.byteCount >= $0 } ?? false
            guard isOld || isTooMuch, chunk.lastOffset < lastStableOffset else { break }
            rest -= chunk.byteCount
            offset = chunk.lastOffset.next
        }
        return offset
    }
}
