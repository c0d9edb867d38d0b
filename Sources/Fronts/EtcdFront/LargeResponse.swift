internal import Bytes
internal import EtcdWire
internal import KeyspaceModel

/// An answer of many bytes, given bit by bit as the client takes it.
///
/// Of a range's what waits is the list of keys and values, which share the keyspace's memory, and
/// never more than a few pieces of bytes. The pieces add up to one message, since protobuf's
/// messages may be written as several one after the other. Any other answer comes encoded.
struct LargeResponse {
    private enum Content {
        case range(RangeResponse, next: Int)
        case encoded(ByteSlice, next: Int)
    }

    private var content: Content

    init(_ response: RangeResponse) { content = .range(response, next: 0) }

    init(_ encoded: ByteSlice) { content = .encoded(encoded, next: 0) }

    /// gRPC's prefix and what comes before the keys; to be sent first.
    func opening() -> ByteSlice {
        var writer = ByteWriter(capacity: 64)
        writer.byte(0)
        switch content {
        case .range(let response, _):
            writer.integer(UInt32(clamping: response.encodedLength).bigEndian)
            RangeResponse(header: response.header).encode(into: &writer)
        case .encoded(let bytes, _): writer.integer(UInt32(clamping: bytes.count).bigEndian)
        }
        return writer.slice
    }

    /// The next bytes; nil once all have been given.
    mutating func piece() -> ByteSlice? {
        switch content {
        case .range(let response, let next): piece(of: response, from: next)
        case .encoded(let bytes, let next): piece(of: bytes, from: next)
        }
    }

    private mutating func piece(of response: RangeResponse, from start: Int) -> ByteSlice? {
        guard start < response.kvs.count else { return nil }
        var next = start
        var bytes = 0
        while next < response.kvs.count, bytes < Limits.pieceBytes {
            // A tag, and a length of at most five bytes.
            bytes += response.kvs[next].encodedLength + 6
            next += 1
        }
        content = .range(response, next: next)
        var writer = ByteWriter(capacity: bytes)
        RangeResponse(kvs: Array(response.kvs[start..<next])).encode(into: &writer)
        return writer.slice
    }

    private mutating func piece(of bytes: ByteSlice, from start: Int) -> ByteSlice? {
        guard start < bytes.count else { return nil }
        let next = min(bytes.count, start + Limits.pieceBytes)
        content = .encoded(bytes, next: next)
        return bytes[start..<next]
    }

    /// What comes after the keys.
    func closing() -> ByteSlice {
        switch content {
        case .range(let response, _):
            RangeResponse(more: response.more, count: response.count).encoded
        case .encoded: .empty
        }
    }
}
