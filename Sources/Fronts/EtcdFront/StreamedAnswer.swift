internal import Bytes
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel

/// A stream of responses that is made bit by bit, elsewhere, as the client takes it.
///
/// Whatever its length, it costs the copy of a keyspace, which is shared, and one batch.
struct StreamedAnswer: Sendable {
    private var source: Source

    /// Messages with gRPC's prefix, to be sent.
    private(set) var ready: ArraySlice<ByteSlice> = []

    private enum Source: Sendable {
        case snapshot(SnapshotStream)
        case range(RangeStream)
    }

    init(snapshotOf keyspace: Keyspace) { source = .snapshot(SnapshotStream(keyspace)) }

    init(_ range: RangeStream) { source = .range(range) }

    mutating func takeReady() -> ByteSlice? { ready.popFirst() }

    /// Makes the next batch; false at the end.
    mutating func refill() -> Bool {
        switch source {
        case .snapshot(var stream):
            ready = stream.batch()[...]
            source = .snapshot(stream)
        case .range(var stream):
            ready = stream.batch()[...]
            source = .range(stream)
        }
        return !ready.isEmpty
    }

    static func framed(_ message: some WireMessage) -> ByteSlice {
        let length = message.encodedLength
        var writer = ByteWriter(capacity: length + 5)
        writer.byte(0)
        withUnsafeBytes(of: UInt32(clamping: length).bigEndian) { writer.raw($0) }
        message.encode(into: &writer)
        return writer.slice
    }
}

/// The answers of `Snapshot`: the keyspace's file in blocks, its digest last.
struct SnapshotStream: Sendable {
    private let keyspace: Keyspace
    private var file: KeyspaceFileWriter?

    init(_ keyspace: Keyspace) { self.keyspace = keyspace }

    /// The first batch also goes through all of the keyspace, to know its length.
    mutating func batch() -> [ByteSlice] {
        var writer = file ?? KeyspaceFileWriter(keyspace)
        var messages: [ByteSlice] = []
        var byteCount = 0
        while byteCount < Limits.streamBacklogBytes {
            guard let block = writer.next(Limits.snapshotBlockBytes) else { break }
            byteCount += block.count
            let response = SnapshotResponse(
                remainingBytes: UInt64(writer.remaining),
                blob: block,
                version: ServerVersion.storage
            )
            messages.append(StreamedAnswer.framed(response))
        }
        file = writer
        return messages
    }
}

/// The answers of `RangeStream`: pages that grow, and in the last one what is said of all.
struct RangeStream: Sendable {
    private var cursor: RangeCursor
    private let header: ResponseHeader
    private var given: Int64 = 0
    private var keys = Limits.streamedKeysAtFirst
    private var isEnded = false

    init(
        _ request: RangeRequest,
        of keyspace: Keyspace,
        _ header: ResponseHeader
    ) throws(KeyspaceError) {
        var request = request
        request.sortTarget = .key
        cursor = try RangeCursor(request, in: keyspace)
        self.header = header
    }

    mutating func batch() -> [ByteSlice] {
        guard !isEnded else { return [] }
        var response = RangeResponse()
        isEnded = !fill(&response.kvs)
        given += Int64(response.kvs.count)
        if isEnded {
            response.header = header
            (response.count, response.more) = cursor.extent(given: given)
        }
        let length = response.encodedLength
        if length < Limits.requestBytesMax / 2 { keys = min(keys * 2, Limits.streamedKeysMax) }
        return [StreamedAnswer.framed(RangeStreamResponse(rangeResponse: response))]
    }

    /// Takes keys until the page is full; whether some may be left.
    private mutating func fill(_ page: inout [KeyValue]) -> Bool {
        var byteCount = 0
        let most = keys
        return cursor.next { value in
            page.append(value)
            byteCount += value.key.count + value.value.count
            return page.count < most && byteCount < Limits.requestBytesMax
        }
    }
}
