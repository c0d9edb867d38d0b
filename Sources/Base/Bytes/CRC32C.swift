internal import CChecksum

/// CRC-32C (Castagnoli), the checksum of journal frames, Kafka batches and etcd's HashKV.
public struct CRC32C: Sendable, Equatable {
    /// The checksum of all that was added so far.
    public private(set) var value: UInt32

    public init() { value = 0 }

    /// Goes on from a checksum computed earlier.
    public init(continuing value: UInt32) { self.value = value }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = martlet_crc32c(value, base, bytes.count)
    }

    public mutating func add(_ slice: ByteSlice) { slice.withUnsafeBytes { add($0) } }

    public mutating func add(_ array: [UInt8]) { array.withUnsafeBytes { add($0) } }

    public static func of(_ slice: ByteSlice) -> UInt32 {
        var checksum = CRC32C()
        checksum.add(slice)
        return checksum.value
    }

    public static func of(_ array: [UInt8]) -> UInt32 { of(ByteSlice(array)) }
}
