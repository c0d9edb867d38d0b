public import Bytes
public import Model

/// One record of a batch; its parts share the payload's storage.
public struct Record: Sendable, Equatable {
    public var offset: Offset

    /// Milliseconds since 1970; −1 if it has none.
    public var timestamp: Int64

    /// Nil is not the same as empty.
    public var key: ByteSlice?

    /// Nil in a compacted topic: the key is deleted.
    public var value: ByteSlice?

    /// Well-formed, in order, and with repetitions as the producer wrote them.
    public var headers: RecordHeaders
}

/// A record's headers, read as one goes through them.
public struct RecordHeaders: Sendable, Equatable, Sequence {
    public let count: Int

    /// Each: the name's length, the name, the value's length, the value.
    let bytes: ByteSlice

    public static let none = RecordHeaders(count: 0, bytes: .empty)

    public func makeIterator() -> Iterator {
        Iterator(remaining: count, reader: ByteReader(bytes))
    }

    public struct Iterator: IteratorProtocol {
        var remaining: Int
        var reader: ByteReader

        public mutating func next() -> (name: ByteSlice, value: ByteSlice?)? {
            guard remaining > 0 else { return nil }
            remaining -= 1
            return try? Self.header(from: &reader)
        }

        static func header(
            from reader: inout ByteReader
        ) throws(DecodeError) -> (name: ByteSlice, value: ByteSlice?) {
            guard let name = try reader.nullableBytes() else {
                throw .malformed("a record's header without a name")
            }
            return (name, try reader.nullableBytes())
        }
    }
}

/// What the bytes of a batch call their varints: zigzag, so that small negative numbers are short.
extension ByteReader {
    mutating func zigzag() throws(DecodeError) -> Int64 {
        let bits = try varint()
        return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }

    /// A length, −1 for nil, then that many bytes.
    mutating func nullableBytes() throws(DecodeError) -> ByteSlice? {
        let length = try zigzag()
        guard length >= 0 else {
            guard length == -1 else { throw .malformed("a length of \(length)") }
            return nil
        }
        guard length <= Int64(remaining) else { throw .truncated }
        return try slice(Int(length))
    }
}

extension ByteWriter {
    mutating func zigzag(_ number: Int64) {
        varint(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    mutating func nullableBytes(_ bytes: ByteSlice?) {
        zigzag(bytes.map { Int64($0.count) } ?? -1)
        if let bytes { slice(bytes) }
    }
}
