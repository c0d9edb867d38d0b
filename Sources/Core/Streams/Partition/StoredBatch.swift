public import Bytes
public import Model

/// A batch in a partition: the received bytes, and what they are given beside them.
///
/// Whoever sends or stores it writes `stamp` and then `unstamped`.
public struct StoredBatch: Sendable, Equatable {
    public let baseOffset: Offset
    public let leaderEpoch: LeaderEpoch
    let lastOffsetDelta: Int32

    /// Milliseconds since 1970, of its latest record.
    public let maxTimestamp: Int64

    /// As received: offset and epoch in them are the client's.
    public let received: ByteSlice

    init(_ batch: RecordBatch, at baseOffset: Offset, epoch: LeaderEpoch) {
        self.baseOffset = baseOffset
        leaderEpoch = epoch
        lastOffsetDelta = batch.header.lastOffsetDelta
        maxTimestamp = batch.header.maxTimestamp
        received = batch.bytes
    }

    /// A batch whose bytes carry its own offset and epoch, as those of a segment do.
    public init(stamped bytes: ByteSlice) throws(BatchError) {
        let batch = try RecordBatch(bytes)
        self.init(batch, at: batch.header.baseOffset, epoch: batch.header.leaderEpoch)
    }

    /// Whether the bytes are those that the batch's checksum was made of; it leaves out the stamp.
    public var hasSoundChecksum: Bool {
        (try? RecordBatch(received))?.hasSoundChecksum ?? false
    }

    public var lastOffset: Offset { baseOffset + Int64(lastOffsetDelta) }

    /// Of the whole batch, stamped.
    public var byteCount: Int { received.count }

    /// Offset, length and leader epoch: the first sixteen bytes that a reader is to see.
    public func encodeStamp(into writer: inout ByteWriter) {
        RecordBatchHeader.encodeStamp(
            baseOffset,
            Int32(byteCount - RecordBatchHeader.unmeasuredByteCount),
            leaderEpoch,
            into: &writer
        )
    }

    public var stamp: ByteSlice {
        var writer = ByteWriter(capacity: RecordBatchHeader.stampByteCount)
        encodeStamp(into: &writer)
        return writer.slice
    }

    /// All behind the stamp, shared with whoever else holds it.
    public var unstamped: ByteSlice {
        received[RecordBatchHeader.stampByteCount..<received.count]
    }

    /// The batch as a reader is to see it, copied.
    public var stamped: ByteSlice {
        var writer = ByteWriter(capacity: byteCount)
        encodeStamp(into: &writer)
        writer.slice(unstamped)
        return writer.slice
    }

    /// The header with this batch's own offset and epoch; nil only if the bytes are none.
    public var header: RecordBatchHeader? {
        var reader = ByteReader(received)
        guard var header = try? RecordBatchHeader(&reader) else { return nil }
        header.baseOffset = baseOffset
        header.leaderEpoch = leaderEpoch
        return header
    }
}
