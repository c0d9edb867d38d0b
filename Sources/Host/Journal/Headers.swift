internal import Bytes

/// The head of a journal file.
struct FileHeader {
    var number: UInt64

    static let byteCount = 64
    static let format: UInt32 = 1
    private static let magic = [UInt8]("MRTLJRNL".utf8)

    init(number: UInt64) { self.number = number }

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        for byte in Self.magic { writer.byte(byte) }
        writer.integer(Self.format)
        writer.integer(UInt32(0))
        writer.integer(number)
        writer.integer(CRC32C.of(writer.slice))
        while writer.count < Self.byteCount { writer.byte(0) }
        return writer.slice
    }

    /// What the first bytes of a file are.
    enum Reading {
        case header(FileHeader)

        /// Written by a newer version.
        case newer(UInt32)

        /// Damaged: a file gets its name only after its header is durable.
        case none
    }

    /// The checksum comes first, so that a damaged file is not taken for a newer one; a newer
    /// version keeps these 28 bytes as they are.
    static func read(_ bytes: ByteSlice) -> Reading {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.slice(8) == ByteSlice(magic) else { return .none }
            let format = try reader.integer(UInt32.self)
            try reader.skip(4)
            let number = try reader.integer(UInt64.self)
            let checksum = try reader.integer(UInt32.self)
            guard checksum == CRC32C.of(bytes[0..<24]) else { return .none }
            guard format <= Self.format else { return .newer(format) }
            return .header(FileHeader(number: number))
        } catch {
            return .none
        }
    }
}

/// The head of a batch.
struct BatchHeader {
    var file: UInt64
    var batch: UInt64
    var length: Int
    var checksum: UInt32

    static let byteCount = 32
    static let alignment = 64
    private static let magic: UInt32 = 0x4254_4d52

    static func aligned(_ position: Int) -> Int {
        (position + alignment - 1) / alignment * alignment
    }

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.integer(Self.magic)
        writer.integer(UInt32(0))
        writer.integer(file)
        writer.integer(batch)
        writer.integer(UInt32(length))
        writer.integer(checksum)
        writer.patch(CRC32C.of(writer.slice[8..<Self.byteCount]), at: 4)
        return writer.slice
    }

    init(file: UInt64, batch: UInt64, length: Int, checksum: UInt32) {
        self.file = file
        self.batch = batch
        self.length = length
        self.checksum = checksum
    }

    /// Nil if the bytes are no header of a batch of this file, in this life of it.
    init?(_ bytes: ByteSlice, in file: UInt64) {
        guard bytes.count >= Self.byteCount else { return nil }
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.integer(UInt32.self) == Self.magic else { return nil }
            let checksum = try reader.integer(UInt32.self)
            guard checksum == CRC32C.of(bytes[8..<Self.byteCount]) else { return nil }
            self.init(
                file: try reader.integer(),
                batch: try reader.integer(),
                length: Int(try reader.integer(UInt32.self)),
                checksum: try reader.integer()
            )
        } catch {
            return nil
        }
        guard self.file == file else { return nil }
    }
}
