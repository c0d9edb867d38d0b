public import Bytes
public import Model

/// What ListOffsets asks for, where there is no tiering.
public enum OffsetQuery: Sendable, Equatable {
    /// −2
    case earliest

    /// −1
    case latest

    /// −3: the first record of those with the latest timestamp (KIP-734).
    case maxTimestamp

    /// The first record that is not earlier, in the order of offsets.
    case timestamp(Int64)
}

/// A place in the log with its time; −1 where there is none to tell.
public struct TimestampedOffset: Sendable, Equatable {
    public let offset: Offset
    public let timestamp: Int64
    public let leaderEpoch: LeaderEpoch
}

/// What is known of an `OffsetQuery`.
public enum OffsetAnswer: Sendable, Equatable {
    case found(TimestampedOffset)

    /// No record is like that.
    case none

    /// It is in this batch, if anywhere before the batch's end, but its records are compressed.
    ///
    /// Whoever decompresses them asks `search` for the record; if it finds none, it asks the
    /// partition again from behind the batch.
    case compressed(StoredBatch, TimestampSearch)
}

/// A search for a record by its time, among those of a batch.
public struct TimestampSearch: Sendable, Equatable {
    /// Not earlier than this; nil for the latest of all.
    var timestamp: Int64?

    /// Records outside do not count.
    var offsets: Range<Offset>

    /// The record in `batch`, whose payload is `records` when it is decompressed.
    ///
    /// Nil if none is like that, or the records do not decode.
    public func record(in batch: StoredBatch, payload: ByteSlice) -> TimestampedOffset? {
        guard let header = batch.header else { return nil }
        var records = RecordReader(payload, of: header)
        var found: Record?
        while let record = try? records.next(), record.offset < offsets.upperBound {
            guard record.offset >= offsets.lowerBound else { continue }
            if let timestamp {
                guard record.timestamp >= timestamp else { continue }
                found = record
                break
            }
            if found.map({ record.timestamp > $0.timestamp }) ?? true { found = record }
        }
        return found.map {
            TimestampedOffset(
                offset: $0.offset,
                timestamp: $0.timestamp,
                leaderEpoch: batch.leaderEpoch
            )
        }
    }
}

extension Partition {
    /// Answers `query` for a client that may read up to the end that `isolation` has.
    ///
    /// Times are looked for in memory, from `start` on, which is the log start unless part of the
    /// log is elsewhere or has been looked through.
    public func offset(
        for query: OffsetQuery,
        isolation: Isolation,
        from start: Offset? = nil
    ) -> OffsetAnswer {
        let start = max(start ?? logStartOffset, logStartOffset)
        let offsets = start..<max(start, end(for: isolation))
        switch query {
        case .earliest:
            return .found(place(logStartOffset, epochs.starts.first?.epoch ?? .none))
        case .latest: return .found(place(end(for: isolation), epochs.latest))
        case .maxTimestamp: return latestRecord(in: offsets)
        case .timestamp(let timestamp):
            let search = TimestampSearch(timestamp: timestamp, offsets: offsets)
            var from = offsets.lowerBound
            while from < offsets.upperBound,
                let batch = firstBatch(notBefore: timestamp, in: from..<offsets.upperBound)
            {
                let answer = answer(search, batch)
                guard case .none = answer else { return answer }
                from = batch.lastOffset.next
            }
            return .none
        }
    }

    /// Looks for the first record that is not earlier in a batch that is not in memory.
    ///
    /// For whoever goes through the batches of its segments that may have one, in their order.
    public func offset(
        notBefore timestamp: Int64,
        in batch: StoredBatch,
        isolation: Isolation,
        from start: Offset? = nil
    ) -> OffsetAnswer {
        let start = max(start ?? logStartOffset, logStartOffset)
        let offsets = start..<max(start, end(for: isolation))
        guard batch.lastOffset >= offsets.lowerBound, batch.baseOffset < offsets.upperBound else {
            return .none
        }
        return answer(TimestampSearch(timestamp: timestamp, offsets: offsets), batch)
    }

    /// What a batch says of its latest record is nothing worth where the range cuts it.
    private func latestRecord(in offsets: Range<Offset>) -> OffsetAnswer {
        let search = TimestampSearch(timestamp: nil, offsets: offsets)
        var place = log.place(of: offsets.lowerBound)
        guard let first = log.batch(at: &place), first.baseOffset < offsets.lowerBound else {
            return answer(search, latestBatch(in: offsets))
        }
        let rest = min(first.lastOffset.next, offsets.upperBound)..<offsets.upperBound
        let inFirst = answer(search, first)
        guard let latest = latestBatch(in: rest) else { return inFirst }
        guard case .found(let found) = inFirst, found.timestamp >= latest.maxTimestamp else {
            return answer(search, latest)
        }
        return inFirst
    }

    private func place(_ offset: Offset, _ epoch: LeaderEpoch) -> TimestampedOffset {
        TimestampedOffset(offset: offset, timestamp: -1, leaderEpoch: epoch)
    }

    private func answer(_ search: TimestampSearch, _ batch: StoredBatch?) -> OffsetAnswer {
        guard let batch, let header = batch.header else { return .none }
        #if MARTLET_MUTANTS
        if mutant == .timesFindBatches { return .found(place(batch.baseOffset, batch.leaderEpoch)) }
        #endif
        if header.attributes.timestampType == .logAppendTime {
            // All of its records have the time of the batch.
            let first = max(batch.baseOffset, search.offsets.lowerBound)
            let found = TimestampedOffset(
                offset: first,
                timestamp: batch.maxTimestamp,
                leaderEpoch: batch.leaderEpoch
            )
            return .found(found)
        }
        guard header.attributes.codec == CompressionCodec.none else {
            return .compressed(batch, search)
        }
        let payload = batch.received[RecordBatchHeader.byteCount..<batch.byteCount]
        return search.record(in: batch, payload: payload).map { .found($0) } ?? .none
    }

    /// The first batch with offsets in the range whose latest record is not earlier.
    private func firstBatch(notBefore timestamp: Int64, in offsets: Range<Offset>) -> StoredBatch? {
        var place = log.place(of: offsets.lowerBound)
        while place.chunk < log.chunks.count {
            let chunk = log.chunks[place.chunk]
            if chunk.firstOffset >= offsets.upperBound { return nil }
            if chunk.maxTimestamp >= timestamp {
                for batch in chunk.batches[place.index...] where batch.maxTimestamp >= timestamp {
                    return batch.baseOffset < offsets.upperBound ? batch : nil
                }
            }
            place = BatchPlace(chunk: place.chunk + 1, index: 0)
        }
        return nil
    }

    /// The first batch with offsets in the range that no other is later than.
    private func latestBatch(in offsets: Range<Offset>) -> StoredBatch? {
        var latest: StoredBatch?
        var from = offsets.lowerBound
        while from < offsets.upperBound {
            let timestamp = latest.map { $0.maxTimestamp &+ 1 } ?? .min
            guard let later = firstBatch(notBefore: timestamp, in: from..<offsets.upperBound) else {
                break
            }
            latest = later
            from = later.lastOffset.next
            if later.maxTimestamp == .max { break }
        }
        return latest
    }
}
