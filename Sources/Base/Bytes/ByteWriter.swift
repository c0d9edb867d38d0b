/// Appends values to an array of bytes; the counterpart of `ByteReader`.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Goes on at the end of `bytes`, which should be handed over, not shared.
    public init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

    public var count: Int { bytes.count }

    public var slice: ByteSlice { ByteSlice(bytes) }

    public mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    public mutating func slice(_ slice: ByteSlice) {
        slice.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    public mutating func raw(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    /// A little-endian number of fixed width.
    public mutating func integer<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Makes room for `count` more bytes, at once instead of bit by bit.
    public mutating func reserve(_ count: Int) {
        let needed = bytes.count + count
        if needed > bytes.capacity { bytes.reserveCapacity(max(needed, 2 * bytes.capacity)) }
    }

    /// Appends `count` bytes, all of which `fill` stores.
    public mutating func filled(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        bytes.append(addingCapacity: count) { span in
            span.withUnsafeMutableBufferPointer { buffer, filledCount in
                fill(
                    UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]
                    )
                )
                filledCount = count
            }
        }
    }

    public mutating func varint(_ number: UInt64) {
        guard number >= 0x80 else { return bytes.append(UInt8(truncatingIfNeeded: number)) }
        bytes.append(addingCapacity: Self.varintBytesMax) { span in
            span.withUnsafeMutableBufferPointer { $1 = Self.store(number, at: 0, in: $0) }
        }
    }

    /// Two varints, as a field's tag and its number: room is made once.
    public mutating func varints(_ first: UInt64, _ second: UInt64) {
        bytes.append(addingCapacity: 2 * Self.varintBytesMax) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                count = Self.store(first, at: 0, in: buffer)
                count = Self.store(second, at: count, in: buffer)
            }
        }
    }

    private static let varintBytesMax = 10

    /// Room beyond what is written, without which the last varints would move everything.
    public static let varintSlack = 2 * varintBytesMax

    /// Where the varint ends.
    private static func store(
        _ number: UInt64,
        at start: Int,
        in buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var rest = number
        var position = start
        while rest >= 0x80 {
            buffer[position] = UInt8(truncatingIfNeeded: rest) | 0x80
            position += 1
            rest >>= 7
        }
        buffer[position] = UInt8(truncatingIfNeeded: rest)
        return position + 1
    }

    /// A varint length, then the bytes.
    public mutating func lengthPrefixed(_ slice: ByteSlice) {
        varint(UInt64(slice.count))
        self.slice(slice)
    }

    /// Overwrites a little-endian number written earlier, as for a length known only at the end.
    public mutating func patch<Number: FixedWidthInteger>(_ number: Number, at position: Int) {
        precondition(position + Number.bitWidth / 8 <= bytes.count, "patch past the end")
        withUnsafeBytes(of: number.littleEndian) { source in
            for (offset, byte) in source.enumerated() { bytes[position + offset] = byte }
        }
    }

    public mutating func removeAll(keepingCapacity: Bool) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }

    /// How many bytes `number` takes as a varint.
    public static func varintLength(_ number: UInt64) -> Int {
        number == 0 ? 1 : (64 - number.leadingZeroBitCount + 6) / 7
    }
}
