internal import Bytes
internal import EtcdWire
internal import Keyspace
internal import KeyspaceModel

/// A range's answer of any length: measured once, then encoded piece by piece from the tree.
///
/// gRPC wants a message's length before its first byte, so all keys are walked over twice. What
/// waits for the client is one piece and a copy of the keyspace, never the list. Opening, pieces
/// and closing are one after the other the bytes that the whole answer would have; made on a
/// worker's thread, as a range may pass over any number of deleted keys between two that are there.
struct LongRange: Sendable {
    private let header: ResponseHeader
    private let summary: RangeCursor.Summary
    private var cursor: RangeCursor

    init(
        _ request: RangeRequest,
        in keyspace: Keyspace,
        _ header: ResponseHeader
    ) throws(KeyspaceError) {
        self.header = header
        cursor = try RangeCursor(request, in: keyspace)
        summary = cursor.summary { RangeResponse(kvs: [$0]).encodedLength }
    }

    /// The answer's bytes.
    var encodedLength: Int {
        RangeResponse(header: header).encodedLength + summary.measure + last.encodedLength
    }

    /// gRPC's prefix and what comes before the keys.
    func opening() -> ByteSlice {
        var writer = ByteWriter(capacity: 64)
        writer.byte(0)
        writer.integer(UInt32(clamping: encodedLength).bigEndian)
        RangeResponse(header: header).encode(into: &writer)
        return writer.slice
    }

    /// The next keys, and whether some may be left.
    mutating func piece(bytes: Int) -> (bytes: ByteSlice, isLast: Bool) {
        var part = RangeResponse()
        var length = 0
        let mayHaveMore = cursor.next { value in
            part.kvs.append(value)
            // A tag, and a length of at most five bytes.
            length += value.encodedLength + 6
            return length < bytes
        }
        var writer = ByteWriter(capacity: length)
        part.encode(into: &writer)
        return (writer.slice, !mayHaveMore)
    }

    /// What comes after the keys.
    func closing() -> ByteSlice { last.encoded }

    private var last: RangeResponse { RangeResponse(more: summary.more, count: summary.count) }
}
