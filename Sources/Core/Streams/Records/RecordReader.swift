public import Bytes
internal import Model

/// Goes through the records of a batch, bounds checked; what is read is never beyond the payload.
public struct RecordReader: Sendable {
    private let header: RecordBatchHeader
    private var reader: ByteReader
    private var remaining: Int32

    /// Of a payload that is not compressed, or is so no longer.
    init(_ payload: ByteSlice, of header: RecordBatchHeader) {
        self.header = header
        reader = ByteReader(payload)
        remaining = header.recordCount
    }

    /// The next record; nil behind the last, where the payload must end.
    ///
    /// Offsets count from the base offset in the header, which in a stored batch is not its own:
    /// `StoredBatch.records` knows better.
    public mutating func next() throws(DecodeError) -> Record? {
        guard remaining > 0 else {
            guard reader.isAtEnd else { throw .malformed("more behind the last record") }
            return nil
        }
        remaining -= 1
        let length = try reader.zigzag()
        guard length >= 0, length <= Int64(reader.remaining) else { throw .truncated }
        var body = ByteReader(try reader.slice(Int(length)))
        let record = try record(from: &body)
        guard body.isAtEnd else { throw .malformed("more behind a record") }
        return record
    }

    private func record(from body: inout ByteReader) throws(DecodeError) -> Record {
        try body.skip(1)
        let timestampDelta = try body.zigzag()
        let offsetDelta = try body.zigzag()
        guard (0...Int64(Int32.max)).contains(offsetDelta) else {
            throw .malformed("an offset delta of \(offsetDelta)")
        }
        let (own, overflow) = header.baseTimestamp.addingReportingOverflow(timestampDelta)
        guard !overflow else { throw .malformed("a timestamp delta of \(timestampDelta)") }
        let isOwn = header.attributes.timestampType == .createTime
        return Record(
            offset: header.baseOffset + offsetDelta,
            timestamp: isOwn ? own : header.maxTimestamp,
            key: try body.nullableBytes(),
            value: try body.nullableBytes(),
            headers: try Self.headers(from: &body)
        )
    }

    private static func headers(from body: inout ByteReader) throws(DecodeError) -> RecordHeaders {
        let count = try body.zigzag()
        // A header has two lengths at least: a count that cannot be costs nothing.
        guard count >= 0, count <= Int64(body.remaining / 2), count <= Limits.headersPerRecordMax
        else { throw .malformed("\(count) headers") }
        guard count > 0 else { return .none }
        let start = body.position
        for _ in 0..<count { _ = try RecordHeaders.Iterator.header(from: &body) }
        return RecordHeaders(count: Int(count), bytes: body.bytes[start..<body.position])
    }
}
