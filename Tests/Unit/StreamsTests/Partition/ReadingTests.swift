import Bytes
import Model
import Streams
import Testing

/// What readers get, and where the log begins and ends for them.
struct ReadingTests {
    private var partition = Partition()

    @Test mutating func theWholeBatchThatHoldsTheOffsetIsRead() throws {
        try partition.take(batch(10))
        try partition.take(batch(10))
        #expect(try partition.offsets(from: 5) == [0, 10])
        #expect(try partition.offsets(from: 19) == [10])
    }

    @Test mutating func atLeastOneBatchHoweverLarge() throws {
        let bytes = batch(10)
        for _ in 0..<4 { try partition.take(bytes) }
        #expect(try partition.offsets(from: 0, bytesMax: 0) == [0])
        #expect(try partition.offsets(from: 0, bytesMax: 3 * bytes.count) == [0, 10, 20])
        #expect(try partition.offsets(from: 0, bytesMax: 3 * bytes.count - 1) == [0, 10])
    }

    @Test mutating func theEndIsNoErrorAndBehindItIs() throws {
        try partition.take(batch(3))
        #expect(try partition.offsets(from: 3) == [])
        let error = PartitionReadError.offsetOutOfRange(logStart: .zero, highWatermark: Offset(3))
        #expect(throws: error) { try partition.offsets(from: 4) }
        #expect(throws: error) { try partition.offsets(from: -1) }
    }

    @Test mutating func deletedRecordsAreOutOfRange() throws {
        for _ in 0..<5 { try partition.take(batch(10)) }
        #expect(partition.deleteRecords(before: Offset(25), at: .zero) == .success(Offset(25)))
        #expect(
            throws: PartitionReadError.offsetOutOfRange(
                logStart: Offset(25),
                highWatermark: Offset(50)
            )
        ) { try partition.offsets(from: 24) }
        #expect(try partition.offsets(from: 25) == [20, 30, 40])
        // It does not move back, nor past the end.
        #expect(partition.deleteRecords(before: Offset(7), at: .zero) == .success(Offset(25)))
        #expect(
            partition.deleteRecords(before: Offset(51), at: .zero)
                == .failure(.offsetOutOfRange(logStart: Offset(25), highWatermark: Offset(50)))
        )
        #expect(
            partition.deleteRecords(before: Offset(-2), at: .zero)
                == .failure(.offsetOutOfRange(logStart: Offset(25), highWatermark: Offset(50)))
        )
        #expect(partition.deleteRecords(before: Offset(-1), at: .zero) == .success(Offset(50)))
        #expect(try partition.offsets(from: 50) == [])
        #expect(try partition.take(batch()) == 50)
    }

    @Test mutating func wholeChunksLeaveMemory() throws {
        for _ in 0..<1_000 { try partition.take(batch()) }
        let whole = partition.byteCount
        _ = partition.deleteRecords(before: Offset(600), at: .zero)
        #expect(partition.byteCount == whole / 1_000 * (1_000 - 512))
        #expect(partition.memoryStartOffset == Offset(512))
        #expect(try partition.offsets(from: 600) == Array(600..<1_000))
    }

    @Test mutating func manyChunksComeAndGo() throws {
        for number in 0..<40_000 as Range<Int64> {
            try partition.take(batch())
            if number % 100 == 0 {
                _ = partition.deleteRecords(before: Offset(number / 2), at: .zero)
            }
        }
        #expect(try partition.offsets(from: 19_999).first == 19_999)
        #expect(try partition.offsets(from: 39_990) == Array(39_990..<40_000))
    }

    @Test mutating func whatWasReleasedIsReadElsewhere() throws {
        for _ in 0..<600 { try partition.take(sequenced(Int32(partition.highWatermark.number))) }
        partition.release(before: Offset(300))
        #expect(partition.memoryStartOffset == Offset(256))
        #expect(partition.logStartOffset == .zero)
        #expect(throws: PartitionReadError.notInMemory(memoryStart: Offset(256))) {
            try partition.offsets(from: 255)
        }
        #expect(try partition.offsets(from: 256).first == 256)
        partition.release(before: Offset(600))
        #expect(partition.byteCount == 0)
        #expect(try partition.offsets(from: 600) == [])
        #expect(try partition.take(sequenced(600)) == 600)
        #expect(try partition.offsets(from: 600) == [600])
    }

    @Test mutating func retentionTakesWholeChunks() throws {
        for number in 0..<1_024 as Range<Int64> { try partition.take(batch(timestamp: number)) }
        #expect(partition.retentionOffset(oldest: nil, bytesMax: nil) == nil)
        #expect(partition.retentionOffset(oldest: 255, bytesMax: nil) == nil)
        #expect(partition.retentionOffset(oldest: 256, bytesMax: nil) == Offset(256))
        #expect(partition.retentionOffset(oldest: 5_000, bytesMax: nil) == Offset(1_024))
        let half = partition.byteCount / 2
        #expect(partition.retentionOffset(oldest: nil, bytesMax: half) == Offset(512))
        #expect(partition.retentionOffset(oldest: nil, bytesMax: half + 1) == Offset(256))
        // What is undecided stays.
        try partition.take(sequenced(0, isTransactional: true))
        #expect(partition.retentionOffset(oldest: 5_000, bytesMax: 0) == Offset(1_024))
    }

    @Test mutating func epochsEndWhereTheNextBegins() throws {
        for epoch in [2, 2, 5, 5, 7] as [Int32] { try partition.take(batch(10), epoch: epoch) }
        func end(_ epoch: Int32, current: Int32 = 7) -> [Int64]? {
            partition.end(of: LeaderEpoch(epoch), current: LeaderEpoch(current))
                .map { [Int64($0.epoch.number), $0.offset.number] }
        }
        #expect(end(2) == [2, 20])
        #expect(end(4) == [2, 20])
        #expect(end(5) == [5, 40])
        #expect(end(6) == [5, 40])
        #expect(end(7) == [7, 50])
        #expect(end(1) == [1, 0])
        #expect(end(8) == nil)
        // A leader that has written nothing yet.
        #expect(end(9, current: 9) == [9, 50])
        #expect(end(8, current: 9) == [7, 50])
        _ = partition.deleteRecords(before: Offset(25), at: .zero)
        #expect(end(2) == [2, 25])
        #expect(end(5) == [5, 40])
        _ = partition.deleteRecords(before: Offset(40), at: .zero)
        #expect(end(5) == [5, 40])
        #expect(partition.latestEpoch == LeaderEpoch(7))
    }
}
