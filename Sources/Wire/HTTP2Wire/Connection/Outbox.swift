internal import Bytes

/// Bytes of one stream that wait for a window; exists only while there are some.
final class Outbox {
    private var chunks: [ByteSlice] = []
    private var first = 0
    /// How much of the first chunk was sent.
    private var offset = 0

    private(set) var bytes = 0
    var end = StreamEnd.notYet

    /// In the connection's list of waiting streams.
    var isListed = false

    /// Was too full to be writable; whoever waits is told when that ends.
    var wasFull = false

    func append(_ chunk: ByteSlice) {
        guard !chunk.isEmpty else { return }
        chunks.append(chunk)
        bytes += chunk.count
    }

    /// Moves the first `count` waiting bytes to the end of `output`.
    func move(_ count: Int, into output: inout [UInt8]) {
        var left = count
        while left > 0 {
            let chunk = chunks[first]
            let part = min(left, chunk.count - offset)
            chunk.withUnsafeBytes { whole in
                output.append(
                    contentsOf: UnsafeRawBufferPointer(rebasing: whole[offset..<offset + part])
                )
            }
            left -= part
            offset += part
            if offset == chunk.count { dropFirst() }
        }
        bytes -= count
    }

    private func dropFirst() {
        chunks[first] = .empty
        first += 1
        offset = 0
        if first >= 32, 2 * first >= chunks.count {
            chunks.removeFirst(first)
            first = 0
        }
    }
}
