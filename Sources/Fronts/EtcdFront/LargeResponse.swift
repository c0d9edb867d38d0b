internal import Bytes
internal import EtcdWire
internal import KeyspaceModel

/// A range's answer, encoded bit by bit as the client takes it.
///
/// What waits is the list of keys and values, which share the keyspace's memory, and never more
/// than a few pieces of bytes: a range over a gigabyte does not cost another one. The pieces add up
/// to one message, since protobuf's messages may be written as several one after the other.
struct LargeResponse {
    private let response: RangeResponse
    private var next = 0

    init(_ response: RangeResponse) { self.response = response }

    /// gRPC's prefix and what comes before the keys; to be sent first.
    func opening() -> ByteSlice {
        let header = RangeResponse(header: response.header)
        var writer = ByteWriter(capacity: 64)
        writer.byte(0)
        let length = UInt32(clamping: response.encodedLength)
        withUnsafeBytes(of: length.bigEndian) { writer.raw($0) }
        header.encode(into: &writer)
        return writer.slice
    }

    /// The next keys; nil once all have been given.
    mutating func piece() -> ByteSlice? {
        guard next < response.kvs.count else { return nil }
        let start = next
        var bytes = 0
        while next < response.kvs.count, bytes < Limits.pieceBytes {
            // A tag, and a length of at most five bytes.
            bytes += response.kvs[next].encodedLength + 6
            next += 1
        }
        var writer = ByteWriter(capacity: bytes)
        RangeResponse(kvs: Array(response.kvs[start..<next])).encode(into: &writer)
        return writer.slice
    }

    /// What comes after the keys.
    func closing() -> ByteSlice {
        RangeResponse(more: response.more, count: response.count).encoded
    }
}
