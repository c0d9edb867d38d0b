import Bytes
import Model
import Streams
import Testing

/// ListOffsets: the record, not only its batch.
struct OffsetTests {
    private var partition = Partition()

    private func batch(_ timestamps: [Int64], isTransactional: Bool = false) -> ByteSlice {
        var builder = BatchBuilder(
            attributes: BatchAttributes(isTransactional: isTransactional),
            producerID: isTransactional ? ProducerID(7) : .none,
            producerEpoch: isTransactional ? ProducerEpoch(0) : .none,
            baseSequence: isTransactional ? 0 : -1
        )
        for timestamp in timestamps { builder.add(key: nil, value: "x", timestamp: timestamp) }
        return builder.batch
    }

    /// Offset and timestamp; nil if there is none.
    private func found(_ query: OffsetQuery, _ isolation: Isolation = .readUncommitted) -> [Int64]?
    {
        guard case .found(let place) = partition.offset(for: query, isolation: isolation) else {
            return nil
        }
        return [place.offset.number, place.timestamp]
    }

    @Test mutating func theFirstRecordNotEarlierIsFound() throws {
        try partition.take(batch([100, 300, 200]))
        try partition.take(batch([250, 400]))
        #expect(found(.timestamp(0)) == [0, 100])
        #expect(found(.timestamp(101)) == [1, 300])
        #expect(found(.timestamp(250)) == [1, 300])
        #expect(found(.timestamp(301)) == [4, 400])
        #expect(found(.timestamp(401)) == nil)
        #expect(found(.maxTimestamp) == [4, 400])
        #expect(found(.earliest) == [0, -1])
        #expect(found(.latest) == [5, -1])
    }

    @Test mutating func theFirstOfTheLatestIsFound() throws {
        try partition.take(batch([5, 9, 9]))
        try partition.take(batch([9]))
        try partition.take(batch([8]))
        #expect(found(.maxTimestamp) == [1, 9])
    }

    @Test mutating func manyBatchesAreLookedThrough() throws {
        for number in 0..<2_000 as Range<Int64> { try partition.take(batch([number * 10 % 7_001])) }
        #expect(found(.timestamp(6_995)) == [700, 7_000])
        #expect(found(.maxTimestamp) == [700, 7_000])
        #expect(found(.timestamp(7_001)) == nil)
    }

    @Test mutating func deletedRecordsAreNotFound() throws {
        try partition.take(batch([500, 100, 200]))
        try partition.take(batch([150]))
        _ = partition.deleteRecords(before: Offset(1), at: .zero)
        #expect(found(.timestamp(50)) == [1, 100])
        #expect(found(.timestamp(300)) == nil)
        #expect(found(.maxTimestamp) == [2, 200])
        #expect(found(.earliest) == [1, -1])
        _ = partition.deleteRecords(before: Offset(4), at: .zero)
        #expect(found(.timestamp(0)) == nil)
        #expect(found(.maxTimestamp) == nil)
    }

    @Test mutating func whatIsUndecidedIsNotFoundByWhoReadsWhatIsCommitted() throws {
        try partition.take(batch([10]))
        try partition.take(batch([20], isTransactional: true))
        #expect(found(.timestamp(15)) == [1, 20])
        #expect(found(.timestamp(15), .readCommitted) == nil)
        #expect(found(.maxTimestamp, .readCommitted) == [0, 10])
        #expect(found(.latest, .readCommitted) == [1, -1])
    }

    @Test mutating func aCompressedBatchIsForWhoCanDecompressIt() throws {
        // A codec that only says so: the payload is left as it is.
        var builder = BatchBuilder(attributes: BatchAttributes(codec: .zstd))
        for timestamp in [10, 30, 20] as [Int64] {
            builder.add(key: nil, value: "x", timestamp: timestamp)
        }
        let payload = builder.records
        try partition.take(batch([5]))
        try partition.take(builder.batch(holding: payload))
        guard
            case .compressed(let batch, let search) = partition.offset(
                for: .timestamp(15),
                isolation: .readUncommitted
            )
        else {
            Issue.record("not in the compressed batch")
            return
        }
        #expect(batch.baseOffset == Offset(1))
        #expect(search.record(in: batch, payload: payload)?.offset == Offset(2))
        #expect(search.record(in: batch, payload: "garbage") == nil)
        #expect(
            partition.offset(for: .timestamp(15), isolation: .readUncommitted, from: Offset(4))
                == .none
        )
    }

    @Test mutating func aBatchThatIsNotInMemoryIsLookedInto() throws {
        try partition.take(batch([10, 30, 20]))
        let read = try partition.read(from: .zero, bytesMax: .max, isolation: .readUncommitted)
        partition.release(before: Offset(3))
        func found(_ timestamp: Int64, from start: Int64 = 0) -> Int64? {
            let answer = partition.offset(
                notBefore: timestamp,
                in: read.batches[0],
                isolation: .readUncommitted,
                from: Offset(start)
            )
            guard case .found(let place) = answer else { return nil }
            return place.offset.number
        }
        #expect(found(15) == 1)
        #expect(found(15, from: 2) == 2)
        #expect(found(31) == nil)
        #expect(found(0, from: 3) == nil)
    }

    @Test mutating func withAppendTimeTheFirstRecordHasTheTimeOfTheBatch() throws {
        var bytes = batch([1, 2, 3]).array
        RecordBatch.setAppendTime(900, in: &bytes, from: 0)
        try partition.take(ByteSlice(bytes))
        #expect(found(.timestamp(800)) == [0, 900])
        #expect(found(.maxTimestamp) == [0, 900])
        #expect(found(.timestamp(901)) == nil)
    }
}
