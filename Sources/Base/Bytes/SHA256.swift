internal import CChecksum

/// SHA-256 (FIPS 180-4), with which a saved keyspace ends, as etcd's snapshots do.
///
/// For integrity, not for secrets: nothing here takes care to run in constant time.
public struct SHA256: Sendable {
    public static let byteCount = 32

    /// Section 5.3.3: of the square roots of the first eight primes.
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    /// Fewer bytes than a block, which wait for the rest of it.
    private var rest: [UInt8] = []
    private var count: UInt64 = 0

    private static let blockBytes = 64

    public init() { rest.reserveCapacity(2 * Self.blockBytes) }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var bytes = bytes[...]
        if !rest.isEmpty {
            let missing = bytes.prefix(Self.blockBytes - rest.count)
            rest.append(contentsOf: missing)
            bytes = bytes.dropFirst(missing.count)
            guard rest.count == Self.blockBytes else { return }
            rest.withUnsafeBytes { martlet_sha256_blocks(&state, $0.baseAddress, 1) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = UnsafeRawBufferPointer(rebasing: bytes)
        let blocks = whole.count / Self.blockBytes
        if blocks > 0 { martlet_sha256_blocks(&state, whole.baseAddress, blocks) }
        rest.append(contentsOf: whole.dropFirst(blocks * Self.blockBytes))
    }

    public mutating func add(_ slice: ByteSlice) { slice.withUnsafeBytes { add($0) } }

    /// Of all that was added; more may be added afterwards.
    public var digest: ByteSlice {
        var ended = self
        // Section 5.1.1: a one, zeros, and the length in bits at the end of a block.
        var padding: [UInt8] = [0x80]
        let used = (rest.count + 1 + 8) % Self.blockBytes
        padding += [UInt8](repeating: 0, count: (Self.blockBytes - used) % Self.blockBytes)
        withUnsafeBytes(of: (count &* 8).bigEndian) { padding.append(contentsOf: $0) }
        padding.withUnsafeBytes { ended.add($0) }
        var writer = ByteWriter(capacity: Self.byteCount)
        for word in ended.state {
            withUnsafeBytes(of: word.bigEndian) { writer.raw($0) }
        }
        return writer.slice
    }

    public static func of(_ slice: ByteSlice) -> ByteSlice {
        var hash = SHA256()
        hash.add(slice)
        return hash.digest
    }
}
