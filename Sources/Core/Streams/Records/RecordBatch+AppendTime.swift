internal import Bytes

extension RecordBatch {
    /// Makes `time` the timestamp of all records of the batch that lies in `bytes` from `start` on.
    ///
    /// For topics with `message.timestamp.type=LogAppendTime`: type, latest timestamp and checksum
    /// change, the records do not. `bytes` is the caller's own copy, and the batch, which has been
    /// checked, goes up to its end.
    public static func setAppendTime(_ time: Int64, in bytes: inout [UInt8], from start: Int) {
        precondition(bytes.count - start >= RecordBatchHeader.byteCount, "no batch at \(start)")
        let attributes = start + RecordBatchHeader.attributesPosition
        bytes[attributes + 1] |= UInt8(BatchAttributes.timestampTypeBit)
        store(
            UInt64(bitPattern: time),
            8,
            at: start + RecordBatchHeader.maxTimestampPosition,
            &bytes
        )
        let checksum = CRC32C.of(ByteSlice(bytes)[attributes..<bytes.count])
        store(UInt64(checksum), 4, at: start + RecordBatchHeader.checksumPosition, &bytes)
    }

    /// The last `count` bytes of `number`, most significant first.
    private static func store(
        _ number: UInt64,
        _ count: Int,
        at position: Int,
        _ bytes: inout [UInt8]
    ) {
        for byte in 0..<count {
            let shift = 8 * (count - 1 - byte)
            bytes[position + byte] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
        }
    }
}
