public import Bytes
internal import Model

/// A view of the bytes of one record batch v2 whose shape has been checked; it shares them.
///
/// The shape: long enough for a header, exactly as long as it says, of magic 2, with at least one
/// record for its offsets. So nothing that is computed from the header can leave the bytes. Whether
/// the checksum holds is another question (`hasSoundChecksum`).
public struct RecordBatch: Sendable, Equatable {
    public let bytes: ByteSlice
    public let header: RecordBatchHeader

    public static let magic: Int8 = 2

    /// A batch that alone fills `bytes`.
    public init(_ bytes: ByteSlice) throws(BatchError) {
        guard !bytes.isEmpty else { throw .notOneBatch }
        // Magic lies at the same place in every format.
        guard bytes.count > RecordBatchHeader.magicPosition else { throw .corrupt }
        let magic = Int8(bitPattern: bytes[RecordBatchHeader.magicPosition])
        guard magic == Self.magic else { throw .magicUnsupported(magic) }
        guard let header = Self.header(of: bytes) else { throw .corrupt }
        let byteCount = RecordBatchHeader.unmeasuredByteCount + Int(header.batchLength)
        guard byteCount >= RecordBatchHeader.byteCount, byteCount <= bytes.count else {
            throw .corrupt
        }
        guard byteCount == bytes.count else { throw .notOneBatch }
        guard byteCount <= Limits.batchBytesMax else {
            throw .tooLarge(byteCount: byteCount, limit: Limits.batchBytesMax)
        }
        guard header.lastOffsetDelta >= 0, header.recordCount >= 0 else {
            throw .invalid(.recordCount)
        }
        self.bytes = bytes
        self.header = header
    }

    private static func header(of bytes: ByteSlice) -> RecordBatchHeader? {
        var reader = ByteReader(bytes)
        return try? RecordBatchHeader(&reader)
    }

    /// The length of the batch that `bytes` begin with, as its head says; nil if there is none.
    ///
    /// For whoever goes from batch to batch; at least a header long, and perhaps longer than
    /// `bytes`.
    public static func byteCount(atStartOf bytes: ByteSlice) -> Int? {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            try reader.skip(8)
            let length = Int(try reader.integer(Int32.self).byteSwapped)
            let byteCount = length + RecordBatchHeader.unmeasuredByteCount
            return byteCount < RecordBatchHeader.byteCount ? nil : byteCount
        } catch {
            return nil
        }
    }

    /// Whether the bytes are those that the checksum was made of.
    public var hasSoundChecksum: Bool {
        header.checksum
            == CRC32C.of(bytes[RecordBatchHeader.attributesPosition..<bytes.count])
    }

    /// The records, compressed as the attributes say.
    public var payload: ByteSlice { bytes[RecordBatchHeader.byteCount..<bytes.count] }

    /// The records of a batch that is not compressed; nil if it is.
    public var records: RecordReader? {
        guard header.attributes.codec == CompressionCodec.none else { return nil }
        return records(in: payload)
    }

    /// The records of this batch in what its payload is when decompressed.
    public func records(in payload: ByteSlice) -> RecordReader {
        RecordReader(payload, of: header)
    }
}
