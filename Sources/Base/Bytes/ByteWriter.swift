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

    public mutating func varint(_ number: UInt64) {
        guard number >= 0x80 else { return bytes.append(UInt8(truncatingIfNeeded: number)) }
        var rest = number
        var count = 0
        var encoded: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &encoded) { buffer in
            while rest >= 0x80 {
                buffer[count] = UInt8(truncatingIfNeeded: rest) | 0x80
                rest >>= 7
                count += 1
            }
            buffer[count] = UInt8(truncatingIfNeeded: rest)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[...count]))
        }
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
