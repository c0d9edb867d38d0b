import Bytes
import Environment
import Model
import Segments
import Streams

/// A partition's batches, as they come to be flushed.
struct BatchSource {
    private var partition = Partition()
    private(set) var batches: [StoredBatch] = []

    /// Appends a batch and gives it back; values of `size` bytes.
    mutating func next(
        _ count: Int = 1,
        size: Int = 100,
        timestamp: Int64 = 1_000,
        epoch: Int32 = 3
    ) throws -> StoredBatch {
        var builder = BatchBuilder()
        for _ in 0..<count {
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: batches.count), count: size)
            builder.add(key: nil, value: ByteSlice(value), timestamp: timestamp)
        }
        let start = partition.highWatermark
        _ = try partition.append(builder.batch, epoch: LeaderEpoch(epoch), at: .zero).get()
        let read = try partition.read(from: start, bytesMax: 0, isolation: .readUncommitted)
        batches += read.batches
        return read.batches[0]
    }
}

extension SegmentSettings {
    /// Segments of some kilobytes.
    static func small(_ bytes: Int = 4_000) -> SegmentSettings {
        var settings = SegmentSettings()
        settings.segmentBytes = bytes
        return settings
    }
}

func opened<Storage: Disk>(
    on disk: Storage,
    _ settings: SegmentSettings = .small(),
    manifest: SegmentManifest = SegmentManifest()
) throws(SegmentError) -> Segments<Storage> {
    try Segments(
        on: disk,
        in: "groups",
        of: GroupID(2_000),
        settings: settings,
        manifest: manifest
    )
}

extension Segments {
    /// All batches from `offset` on, in pieces of `bytesMax`.
    func all(
        from offset: Int64,
        bytesMax: Int = 1_000,
        before end: Offset = Offset(.max)
    ) throws -> [StoredBatch] {
        var found: [StoredBatch] = []
        var next = Offset(offset)
        while let range = try range(from: next, bytesMax: bytesMax, before: end) {
            let batches = try batches(in: range)
            found += batches
            next = range.offsets.upperBound
        }
        return found
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
