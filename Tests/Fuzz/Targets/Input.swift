import Bytes

/// Reads a fuzzer's bytes as choices; at their end every choice is zero.
struct Choices {
    private var reader: ByteReader

    init(_ bytes: ByteSlice) { reader = ByteReader(bytes) }

    var isAtEnd: Bool { reader.isAtEnd }

    mutating func byte() -> UInt8 { (try? reader.byte()) ?? 0 }

    mutating func number(below bound: Int) -> Int {
        bound > 0 ? (Int(byte()) << 8 | Int(byte())) % bound : 0
    }

    /// As many bytes as the next one says, fewer at the end.
    mutating func shortSlice() -> ByteSlice { slice(Int(byte())) }

    mutating func slice(_ count: Int) -> ByteSlice {
        (try? reader.slice(min(count, reader.remaining))) ?? .empty
    }

    mutating func rest() -> ByteSlice { slice(.max) }
}

extension ByteSlice {
    /// Without its first bytes.
    func dropping(_ count: Int) -> ByteSlice { self[Swift.min(count, self.count)..<self.count] }

    /// With its CRC-32C behind it: a fuzzer would not find one by chance.
    var sealed: ByteSlice {
        var writer = ByteWriter(capacity: count + 4)
        writer.slice(self)
        writer.integer(CRC32C.of(self))
        return writer.slice
    }

    func prefixed(_ byte: UInt8) -> ByteSlice {
        var writer = ByteWriter(capacity: count + 1)
        writer.byte(byte)
        writer.slice(self)
        return writer.slice
    }

    static func joined(_ slices: [ByteSlice]) -> ByteSlice {
        var writer = ByteWriter()
        for slice in slices { writer.slice(slice) }
        return writer.slice
    }
}
