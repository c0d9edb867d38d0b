import Bytes
import Environment
import Model
import Segments
import Streams
import Testing

/// Batches written and found again.
struct SegmentsTests {
    private let disk = MemoryDisk()
    private var source = BatchSource()

    private func stamped(_ batches: [StoredBatch]) -> [ByteSlice] { batches.map(\.stamped) }

    @Test mutating func whatIsWrittenIsReadFromAnyOffset() throws {
        let segments = try opened(on: disk)
        for _ in 0..<100 { try segments.append([try source.next(2)], at: .zero) }
        let manifest = try segments.sync()
        #expect(manifest.segments.count == 8)
        #expect(segments.endOffset == Offset(200))
        for offset in stride(from: 0, to: 200, by: 7) as StrideTo<Int64> {
            let found = try segments.all(from: offset)
            #expect(stamped(found) == stamped(Array(source.batches[Int(offset) / 2..<100])))
        }
        #expect(try segments.range(from: Offset(200), bytesMax: 9, before: Offset(999)) == nil)
    }

    @Test mutating func manyBatchesAreWrittenAtOnce() throws {
        for _ in 0..<1_500 { _ = try source.next(size: 10) }
        let segments = try opened(on: disk, .small(50_000))
        try segments.append(source.batches, at: .zero)
        #expect(stamped(try segments.all(from: 0, bytesMax: 7_000)) == stamped(source.batches))
        #expect(segments.manifest.segments.allSatisfy { $0.byteCount <= 50_000 })
    }

    @Test mutating func blocksAreReadWholeAndInPart() throws {
        for _ in 0..<400 { _ = try source.next(size: 1_000) }
        let segments = try opened(on: disk, .small(1 << 20))
        try segments.append(source.batches, at: .zero)
        for bytesMax in [0, 1_100, 5_000, 70_000, 200_000, 1 << 20] {
            for start in [0, 1, 59, 60, 61, 62, 130, 399] as [Int64] {
                let range = try #require(
                    try segments.range(from: Offset(start), bytesMax: bytesMax, before: Offset(400))
                )
                #expect(range.offsets.lowerBound == Offset(start))
                let size = source.batches[0].byteCount
                #expect(range.byteCount <= max(size, bytesMax))
                #expect(range.byteCount == Int(range.offsets.upperBound.number - start) * size)
                // Short of a whole block at most.
                let wanted = min(bytesMax / size, 400 - Int(start))
                #expect(range.byteCount / size >= max(1, wanted - 63))
            }
        }
    }

    @Test mutating func nothingBehindTheEndIsRead() throws {
        for _ in 0..<300 { _ = try source.next(size: 1_000) }
        let segments = try opened(on: disk, .small(1 << 20))
        try segments.append(source.batches, at: .zero)
        for end in [1, 63, 64, 200] as [Int64] {
            let found = try segments.all(from: 0, bytesMax: 100_000, before: Offset(end))
            #expect(found.map(\.baseOffset.number) == Array(0..<end))
        }
        #expect(try segments.range(from: .zero, bytesMax: 1 << 20, before: .zero) == nil)
    }

    @Test mutating func aSegmentIsSealedByAge() throws {
        var settings = SegmentSettings()
        settings.segmentMilliseconds = 1_000
        let segments = try opened(on: disk, settings)
        for time in [0, 999, 1_000, 1_500, 2_000] as [Int64] {
            try segments.append([try source.next()], at: GroupTime(time))
        }
        #expect(segments.manifest.segments.map(\.baseOffset.number) == [0, 2, 4])
    }

    @Test mutating func aLargeBatchHasASegmentOfItsOwn() throws {
        let segments = try opened(on: disk)
        try segments.append(
            [try source.next(), try source.next(size: 9_000), try source.next()],
            at: .zero
        )
        #expect(segments.manifest.segments.map(\.baseOffset.number) == [0, 1, 2])
        #expect(stamped(try segments.all(from: 0)) == stamped(source.batches))
    }

    @Test mutating func timesAreFound() throws {
        let segments = try opened(on: disk)
        for number in 0..<60 as Range<Int64> {
            try segments.append([try source.next(timestamp: number * 7 % 50)], at: .zero)
        }
        for timestamp in 0..<52 as Range<Int64> {
            for offset in [0, 20, 45] as [Int64] {
                let found = try segments.firstBatch(notBefore: timestamp, from: Offset(offset))
                let expected = source.batches.first {
                    $0.maxTimestamp >= timestamp && $0.lastOffset >= Offset(offset)
                }
                #expect(found?.baseOffset == expected?.baseOffset)
            }
        }
    }

    @Test mutating func retentionTakesSealedSegments() throws {
        let segments = try opened(on: disk)
        for number in 0..<100 as Range<Int64> {
            try segments.append([try source.next(timestamp: number)], at: .zero)
        }
        let before = try segments.sync()
        let states = before.segments
        func offset(_ oldest: Int64?, _ bytesMax: Int?, end: Int64 = 100) -> Offset? {
            segments.retentionOffset(
                oldest: oldest,
                bytesMax: bytesMax,
                bytesBehind: 0,
                before: Offset(end)
            )
        }
        #expect(offset(nil, nil) == nil)
        #expect(offset(states[0].maxTimestamp, nil) == nil)
        #expect(offset(states[0].maxTimestamp + 1, nil) == states[0].endOffset)
        #expect(offset(1_000, nil) == states[states.count - 2].endOffset)
        #expect(offset(1_000, nil, end: states[1].endOffset.number) == states[1].endOffset)
        let whole = segments.manifest.byteCount
        #expect(offset(nil, whole - states[0].byteCount) == states[0].endOffset)
        #expect(offset(nil, whole - states[0].byteCount + 1) == nil)

        let names = try disk.list("groups/2000/segments").count
        segments.forget(before: states[1].endOffset)
        #expect(segments.manifest.segments.first == states[2])
        #expect(try disk.list("groups/2000/segments").count == names)
        // The snapshot that is durable still speaks of them.
        try segments.sweep(behind: before)
        #expect(try disk.list("groups/2000/segments").count == names)
        try segments.sweep(behind: try segments.sync())
        #expect(try disk.list("groups/2000/segments").count == names - 4)
        #expect(try segments.all(from: 0).first?.baseOffset == states[2].baseOffset)
        try segments.removeAll()
        #expect(try disk.list("groups/2000/segments") == [])
        #expect(segments.endOffset == nil)
    }

    @Test mutating func aFullDiskIsTriedAgain() throws {
        let segments = try opened(on: disk)
        for number in 0..<60 {
            let batch = try source.next()
            let used = disk.files.values.reduce(0) { $0 + $1.bytes.count }
            disk.capacity = used + number % 3 * 100
            let before = segments.endOffset
            if !isTaken(batch, by: segments) {
                #expect(segments.endOffset == before)
                #expect(!isTaken(batch, by: segments))
                disk.capacity = .max
                #expect(isTaken(batch, by: segments))
            }
            #expect(segments.endOffset == batch.lastOffset.next)
        }
        disk.capacity = .max
        #expect(stamped(try segments.all(from: 0)) == stamped(source.batches))
        #expect(disk.openCount == 1)
        let again = try Self.reopened(segments, on: disk)
        #expect(stamped(try again.all(from: 0)) == stamped(source.batches))
    }

    /// False if the disk is full.
    private func isTaken(_ batch: StoredBatch, by segments: Segments<MemoryDisk>) -> Bool {
        do throws(SegmentError) {
            try segments.append([batch], at: .zero)
            return true
        } catch {
            #expect(error == .full(path: "disk"))
            return false
        }
    }

    @Test mutating func aFailedSyncIsTheEnd() throws {
        let segments = try opened(on: disk)
        try segments.append([try source.next()], at: .zero)
        disk.failsSyncs = true
        #expect(throws: SegmentError.self) { try segments.sync() }
        disk.failsSyncs = false
        let next = try source.next()
        #expect(throws: SegmentError.self) { try segments.append([next], at: .zero) }
        #expect(throws: SegmentError.self) { try segments.sync() }
    }

    @Test mutating func filesAreClosed() throws {
        let segments = try opened(on: disk)
        for _ in 0..<80 { try segments.append([try source.next()], at: .zero) }
        _ = try segments.all(from: 0)
        #expect(disk.openCount == 1)
        try segments.rest()
        #expect(disk.openCount == 0)
        try segments.append([try source.next()], at: .zero)
        #expect(stamped(try segments.all(from: 0)) == stamped(source.batches))
    }

    static func reopened<Storage: Disk>(
        _ segments: Segments<Storage>,
        on disk: Storage
    ) throws -> Segments<Storage> {
        let bytes = try segments.sync().encoded
        return try Segments(
            on: disk,
            in: "groups",
            of: GroupID(2_000),
            settings: .small(),
            manifest: try SegmentManifest(decoding: bytes)
        )
    }
}
