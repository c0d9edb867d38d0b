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

    static func byteCount(metadata: Int) -> Int { 8 + 4 + 24 + 4 + metadata + 4 }

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

    static func read(_ bytes: ByteSlice) -> Reading {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.slice(8) == ByteSlice(magic) else { return .none }
            let format = try reader.integer(UInt32.self)
            guard format <= Self.format else { return .newer(format) }
            let group = GroupID(try reader.integer())
            let index = LogIndex(try reader.integer())
            let term = Term(try reader.integer())
            let metadata = try reader.slice(Int(try reader.integer(UInt32.self))).compacted
            let covered = bytes[0..<reader.position]
            guard try reader.integer(UInt32.self) == CRC32C.of(covered) else { return .none }
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

    static func bytes(of checksum: UInt32) -> ByteSlice {
        var writer = ByteWriter(capacity: 4)
        writer.integer(checksum)
        return writer.slice
    }
}
