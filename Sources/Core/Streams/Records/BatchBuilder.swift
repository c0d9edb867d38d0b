public import Bytes
public import Model

/// Writes a record batch, record by record, uncompressed.
public struct BatchBuilder: Sendable {
    private var header: RecordBatchHeader
    private var payload = ByteWriter()
    private var record = ByteWriter()

    public init(
        attributes: BatchAttributes = BatchAttributes(),
        producerID: ProducerID = .none,
        producerEpoch: ProducerEpoch = .none,
        baseSequence: Int32 = -1
    ) {
        header = RecordBatchHeader(
            attributes: attributes,
            producerID: producerID,
            producerEpoch: producerEpoch,
            baseSequence: baseSequence
        )
    }

    public var recordCount: Int { Int(header.recordCount) }

    /// About how long the batch will be.
    public var byteCount: Int { RecordBatchHeader.byteCount + payload.count }

    /// Adds a record; the first one's timestamp is that of the batch.
    public mutating func add(
        key: ByteSlice?,
        value: ByteSlice?,
        timestamp: Int64,
        headers: [(name: ByteSlice, value: ByteSlice?)] = []
    ) {
        if header.recordCount == 0 {
            header.baseTimestamp = timestamp
            header.maxTimestamp = timestamp
        }
        header.maxTimestamp = max(header.maxTimestamp, timestamp)
        record.removeAll(keepingCapacity: true)
        record.byte(0)
        record.zigzag(timestamp - header.baseTimestamp)
        record.zigzag(Int64(header.recordCount))
        record.nullableBytes(key)
        record.nullableBytes(value)
        record.zigzag(Int64(headers.count))
        for (name, value) in headers {
            record.nullableBytes(name)
            record.nullableBytes(value)
        }
        payload.zigzag(Int64(record.count))
        payload.slice(record.slice)
        header.recordCount += 1
        header.lastOffsetDelta += 1
    }

    /// The records as they go into the batch, for whoever compresses them.
    public var records: ByteSlice { payload.slice }

    /// The batch, with offset 0 and no leader epoch.
    public var batch: ByteSlice { batch(holding: payload.slice) }

    /// The batch with its records compressed, as the attributes say.
    public func batch(holding payload: ByteSlice) -> ByteSlice {
        var checksummed = ByteWriter(capacity: RecordBatchHeader.byteCount + payload.count)
        header.encodeChecksummed(into: &checksummed)
        checksummed.slice(payload)
        var header = header
        header.checksum = CRC32C.of(checksummed.bytes)
        header.batchLength = Int32(
            RecordBatchHeader.byteCount - RecordBatchHeader.unmeasuredByteCount + payload.count
        )
        var writer = ByteWriter(capacity: RecordBatchHeader.byteCount + payload.count)
        header.encode(into: &writer)
        writer.slice(payload)
        return writer.slice
    }
}
