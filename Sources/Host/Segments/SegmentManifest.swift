public import Bytes
public import Model

/// One segment as far as it is known to be on disk.
public struct SegmentState: Sendable, Equatable {
    /// That of its first batch, and of its files' names.
    public internal(set) var baseOffset: Offset

    /// Behind its last batch.
    public internal(set) var endOffset: Offset

    /// Of the file, with its head.
    public internal(set) var byteCount: Int

    /// Milliseconds since 1970, of its latest record.
    public internal(set) var maxTimestamp: Int64

    /// CRC-32C of its blocks' checksums.
    public internal(set) var checksum: UInt32

    /// When its first batch was written, by the group's time.
    public internal(set) var begun: GroupTime
}

/// Which segments a partition has, and how long they are: what a snapshot says of them.
///
/// Whatever else is in the folder was written after that snapshot, and is in the journal still, or
/// was to be deleted when it was taken.
public struct SegmentManifest: Sendable, Equatable {
    /// The oldest first.
    public internal(set) var segments: [SegmentState] = []

    /// Whether the last one takes more batches.
    public internal(set) var isLastActive = false

    public init() {}

    /// The first offset behind all of them; nil if there is none.
    public var endOffset: Offset? { segments.last?.endOffset }

    public var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }

    public var encoded: ByteSlice {
        var writer = ByteWriter(capacity: 5 + segments.count * 44)
        writer.byte(isLastActive ? 1 : 0)
        writer.integer(UInt32(segments.count))
        for segment in segments {
            writer.integer(segment.baseOffset.number)
            writer.integer(segment.endOffset.number)
            writer.integer(UInt64(segment.byteCount))
            writer.integer(segment.maxTimestamp)
            writer.integer(segment.checksum)
            writer.integer(segment.begun.number)
        }
        return writer.slice
    }

    public init(decoding bytes: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(bytes)
        let flag = try reader.byte()
        let count = try reader.integer(UInt32.self)
        guard flag <= 1, count <= Limits.segmentsMax, Int(count) * 44 == reader.remaining else {
            throw .malformed("\(count) segments in \(reader.remaining) bytes")
        }
        var end = Offset.zero
        for _ in 0..<count {
            let segment = try SegmentState(&reader)
            guard segment.baseOffset >= end else { throw .malformed("segments out of order") }
            end = segment.endOffset
            segments.append(segment)
        }
        isLastActive = flag == 1 && count > 0
    }
}

extension SegmentState {
    init(_ reader: inout ByteReader) throws(DecodeError) {
        baseOffset = Offset(try reader.integer())
        endOffset = Offset(try reader.integer())
        let count = try reader.integer(UInt64.self)
        maxTimestamp = try reader.integer()
        checksum = try reader.integer()
        begun = GroupTime(try reader.integer())
        guard baseOffset >= .zero, baseOffset < endOffset, endOffset.number <= Limits.offsetMax,
            count > UInt64(SegmentHeader.byteCount), count < 1 << 48
        else { throw .malformed("a segment of \(count) bytes up to \(endOffset)") }
        byteCount = Int(count)
    }
}
