internal import Bytes

/// The head of a journal file.
struct FileHeader {
    var number: UInt64

    /// See `JournalSettings.salt`.
    var salt: UInt64

    /// The file's size when it was made; less means that it was cut off.
    var size: Int

    /// Of the records in it; 2 has cuts and standings besides those of 1, 3 has links.
    var format: UInt32

    static let byteCount = 64
    static let format: UInt32 = 3
    private static let magic = [UInt8]("MRTLJRNL".utf8)

    init(number: UInt64, salt: UInt64, size: Int, format: UInt32 = Self.format) {
        self.number = number
        self.salt = salt
        self.size = size
        self.format = format
    }

    /// What the checksums of the file's batches begin from.
    ///
    /// Batches of the file's earlier life, and
    /// what a client may put into a value, began from something else.
    var seed: CRC32C {
        var writer = ByteWriter(capacity: 16)
        writer.integer(salt)
        writer.integer(number)
        var seed = CRC32C()
        seed.add(writer.bytes)
        return seed
    }

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        for byte in Self.magic { writer.byte(byte) }
        writer.integer(format)
        writer.integer(UInt32(0))
        writer.integer(number)
        writer.integer(salt)
        writer.integer(UInt64(size))
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
    /// version keeps these 44 bytes as they are.
    static func read(_ bytes: ByteSlice) -> Reading {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.slice(8) == ByteSlice(magic) else { return .none }
            let format = try reader.integer(UInt32.self)
            try reader.skip(4)
            let number = try reader.integer(UInt64.self)
            let salt = try reader.integer(UInt64.self)
            let size = try reader.integer(UInt64.self)
            let checksum = try reader.integer(UInt32.self)
            guard checksum == CRC32C.of(bytes[0..<40]) else { return .none }
            guard format <= Self.format else { return .newer(format) }
            return .header(
                FileHeader(number: number, salt: salt, size: Int(clamping: size), format: format)
            )
        } catch {
            return .none
        }
    }
}

/// The head of a batch.
struct BatchHeader {
    /// Of the file.
    var file: UInt64

    /// Of the batch; without gaps, over all files.
    var number: UInt64

    /// The last batch that was durable when this one was written.
    var synced: UInt64

    /// The oldest file that was needed when this one was written: it and all behind it must be there.
    var oldestFile: UInt64

    /// The header checksum of the batch before.
    var previous: UInt32

    /// Of the body.
    var length: Int
    var bodyChecksum: UInt32

    static let byteCount = 56
    static let alignment = 64
    private static let magic: UInt32 = 0x4254_4d52

    static func aligned(_ position: Int) -> Int {
        (position + alignment - 1) / alignment * alignment
    }

    /// The header's bytes, and its own checksum, which the next batch repeats.
    func encoded(from seed: CRC32C) -> (bytes: ByteSlice, checksum: UInt32) {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.integer(Self.magic)
        writer.integer(UInt32(0))
        writer.integer(file)
        writer.integer(number)
        writer.integer(synced)
        writer.integer(oldestFile)
        writer.integer(previous)
        writer.integer(UInt32(length))
        writer.integer(bodyChecksum)
        writer.integer(UInt32(0))
        var checksum = seed
        checksum.add(writer.slice[8..<Self.byteCount])
        writer.patch(checksum.value, at: 4)
        return (writer.slice, checksum.value)
    }

    init(
        file: UInt64,
        number: UInt64,
        synced: UInt64,
        oldestFile: UInt64,
        previous: UInt32,
        length: Int,
        bodyChecksum: UInt32
    ) {
        self.file = file
        self.number = number
        self.synced = synced
        self.oldestFile = oldestFile
        self.previous = previous
        self.length = length
        self.bodyChecksum = bodyChecksum
    }

    /// Nil if the bytes are no header of a batch of this file, in this life of it.
    static func read(
        _ bytes: ByteSlice,
        of file: UInt64,
        from seed: CRC32C
    ) -> (header: BatchHeader, checksum: UInt32)? {
        guard bytes.count == byteCount else { return nil }
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            guard try reader.integer(UInt32.self) == magic else { return nil }
            var checksum = seed
            checksum.add(bytes[8..<byteCount])
            guard try reader.integer(UInt32.self) == checksum.value else { return nil }
            let header = BatchHeader(
                file: try reader.integer(),
                number: try reader.integer(),
                synced: try reader.integer(),
                oldestFile: try reader.integer(),
                previous: try reader.integer(),
                length: Int(try reader.integer(UInt32.self)),
                bodyChecksum: try reader.integer()
            )
            return header.file == file ? (header, checksum.value) : nil
        } catch {
            return nil
        }
    }
}
