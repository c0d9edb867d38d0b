internal import Bytes
internal import Glibc

/// Writes many slices with few calls: `pwritev` in portions, going on after short writes.
struct VectorWriter {
    private let descriptor: Int32
    private var offset: Int

    init(descriptor: Int32, offset: Int) {
        self.descriptor = descriptor
        self.offset = offset
    }

    /// False if a call failed; errno then says why.
    mutating func write(_ slices: [ByteSlice]) -> Bool {
        var next = 0
        while next < slices.count {
            let portion = slices[next..<min(next + Limits.vectorsPerWriteMax, slices.count)]
            var vectors: [iovec] = []
            vectors.reserveCapacity(portion.count)
            guard gather(portion, into: &vectors) else { return false }
            next += portion.count
        }
        return true
    }

    /// Holds each slice's bytes while those behind it are added, then writes them all.
    private mutating func gather(
        _ slices: ArraySlice<ByteSlice>,
        into vectors: inout [iovec]
    ) -> Bool {
        guard let first = slices.first else { return writeAll(&vectors) }
        return first.withUnsafeBytes { bytes in
            if bytes.count > 0 {
                vectors.append(
                    iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                        iov_len: bytes.count
                    )
                )
            }
            return gather(slices.dropFirst(), into: &vectors)
        }
    }

    private mutating func writeAll(_ vectors: inout [iovec]) -> Bool {
        var first = 0
        while first < vectors.count {
            let written = vectors[first...].withUnsafeBufferPointer {
                pwritev(descriptor, $0.baseAddress, Int32($0.count), offset)
            }
            guard written >= 0 else {
                if errno == EINTR { continue }
                return false
            }
            offset += written
            first = Self.skip(written, in: &vectors, from: first)
        }
        return true
    }

    /// Leaves out what was written; the first vector may be left in part.
    private static func skip(_ count: Int, in vectors: inout [iovec], from start: Int) -> Int {
        var left = count
        var first = start
        while first < vectors.count, left >= vectors[first].iov_len {
            left -= vectors[first].iov_len
            first += 1
        }
        if left > 0 {
            vectors[first].iov_base = vectors[first].iov_base.map { $0 + left }
            vectors[first].iov_len -= left
        }
        return first
    }
}
