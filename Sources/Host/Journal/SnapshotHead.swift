internal import Bytes
internal import Model

/// The first bytes of a snapshot file.
struct SnapshotHead {
    var group: GroupID
    var index: LogIndex
    var term: Term
    var metadata: ByteSlice

    static let format: UInt32 = 1
    private static let magic = [UInt8]("MRTLSNAP".utf8)

    /// Up to and with the metadata's length.
    static let fixedByteCount = 8 + 4 + 24 + 4

    static func byteCount(metadata: Int) -> Int { fixedByteCount + metadata + 4 }

    /// The length that a file's first bytes state, which may be damaged; never more than allowed.
    static func metadataByteCount(_ bytes: ByteSlice) -> Int {
        guard bytes.count >= fixedByteCount else { return 0 }
        var reader = ByteReader(bytes[fixedByteCount - 4..<fixedByteCount])
        guard let length = try? reader.integer(UInt32.self) else { return 0 }
        return min(Int(length), Limits.metadataBytesMax)
    }

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount(metadata: metadata.count))
        for byte in Self.magic { writer.byte(byte) }
        writer.integer(Self.format)
        writer.integer(group.number)
        writer.integer(index.number)
        writer.integer(term.number)
        writer.integer(UInt32(metadata.count))
        writer.slice(metadata)
        writer.integer(CRC32C.of(writer.slice))
        return writer.slice
    }

    enum Reading {
        case head(SnapshotHead)
        case newer(UInt32)
        case none
    }

    /// The checksum comes before the format, so that a damaged file is not taken for a newer one; a
    /// newer version keeps the head as it is.
    static func read(_ bytes: ByteSlice) -> Reading {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.slice(8) == ByteSlice(magic) else { return .none }
            let format = try reader.integer(UInt32.self)
            let group = GroupID(try reader.integer())
            let index = LogIndex(try reader.integer())
            let term = Term(try reader.integer())
            let metadata = try reader.slice(Int(try reader.integer(UInt32.self))).compacted
            let covered = bytes[0..<reader.position]
            guard try reader.integer(UInt32.self) == CRC32C.of(covered) else { return .none }
            guard format <= Self.format else { return .newer(format) }
            return .head(SnapshotHead(group: group, index: index, term: term, metadata: metadata))
        } catch {
            return .none
        }
    }
}

/// The last bytes of a snapshot file.
struct SnapshotFoot {
    var chunkCount: UInt64

    /// Over the chunks' checksums.
    var checksum: UInt32

    /// Stands where a chunk's length would.
    static let sign = UInt32.max

    static let byteCount = 20

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.integer(Self.sign)
        writer.integer(chunkCount)
        writer.integer(checksum)
        writer.integer(CRC32C.of(writer.slice))
        return writer.slice
    }

    /// Whether the bytes are a foot as it was written.
    static func isWhole(_ bytes: ByteSlice) -> Bool {
        guard bytes.count == byteCount else { return false }
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.integer(UInt32.self) == sign else { return false }
            try reader.skip(12)
            return try reader.integer(UInt32.self) == CRC32C.of(bytes[0..<byteCount - 4])
        } catch {
            return false
        }
    }

    static func bytes(of checksum: UInt32) -> ByteSlice {
        var writer = ByteWriter(capacity: 4)
        writer.integer(checksum)
        return writer.slice
    }
}
