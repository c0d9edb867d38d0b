internal import Bytes
internal import Model

/// The first bytes of a segment's file.
struct SegmentHeader: Equatable {
    var group: GroupID
    var baseOffset: Offset

    static let byteCount = 64
    static let format: UInt32 = 1
    private static let magic: ByteSlice = "MRTLSEGM"

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.slice(Self.magic)
        writer.integer(Self.format)
        writer.integer(UInt32(0))
        writer.integer(group.number)
        writer.integer(baseOffset.number)
        writer.integer(CRC32C.of(writer.slice))
        while writer.count < Self.byteCount { writer.byte(0) }
        return writer.slice
    }

    enum Reading: Equatable {
        case header(SegmentHeader)

        /// Written by a newer version, which keeps the first 36 bytes as they are.
        case newer(UInt32)
        case none
    }

    static func read(_ bytes: ByteSlice) -> Reading {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.slice(8) == magic else { return .none }
            let format = try reader.integer(UInt32.self)
            try reader.skip(4)
            let header = SegmentHeader(
                group: GroupID(try reader.integer()),
                baseOffset: Offset(try reader.integer())
            )
            guard try reader.integer(UInt32.self) == CRC32C.of(bytes[0..<32]) else { return .none }
            return format > Self.format ? .newer(format) : .header(header)
        } catch {
            return .none
        }
    }
}
