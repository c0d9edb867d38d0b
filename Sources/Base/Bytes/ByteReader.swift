/// Reads values from a slice, bounds checked; every malformed input is a `DecodeError`.
public struct ByteReader: Sendable {
    public let bytes: ByteSlice

    /// How far it has read.
    public private(set) var position = 0

    public init(_ bytes: ByteSlice) { self.bytes = bytes }

    public var remaining: Int { bytes.count - position }

    public var isAtEnd: Bool { position == bytes.count }

    public mutating func byte() throws(DecodeError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    /// The next `count` bytes, as a slice that shares the storage.
    public mutating func slice(_ count: Int) throws(DecodeError) -> ByteSlice {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    public mutating func skip(_ count: Int) throws(DecodeError) {
        guard count >= 0, count <= remaining else { throw .truncated }
        position += count
    }

    /// A little-endian number of fixed width.
    public mutating func integer<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(DecodeError) -> Number {
        let width = Number.bitWidth / 8
        guard width <= remaining else { throw .truncated }
        defer { position += width }
        let start = position
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    /// A base-128 varint of at most ten bytes, as protobuf and Kafka write it.
    public mutating func varint() throws(DecodeError) -> UInt64 {
        let start = position
        let (value, length) = bytes.withUnsafeBytes { Self.varint(in: $0, at: start) }
        guard length > 0 else {
            throw remaining < 10 ? .truncated : .malformed("a varint of more than ten bytes")
        }
        position += length
        return value
    }

    /// The value and its length in bytes; length zero if it does not end.
    private static func varint(
        in bytes: UnsafeRawBufferPointer,
        at start: Int
    ) -> (value: UInt64, length: Int) {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var position = start
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return (value, position - start) }
            shift += 7
        }
        return (0, 0)
    }

    /// A varint length of at most `limit`, then that many bytes.
    public mutating func lengthPrefixed(
        limit: Int = Int(UInt32.max)
    ) throws(DecodeError) -> ByteSlice {
        let length = try varint()
        guard length <= UInt64(limit) else { throw .tooLarge("a length of \(length) bytes") }
        return try slice(Int(length))
    }
}
