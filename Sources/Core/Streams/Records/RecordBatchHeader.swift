internal import Bytes
public import Model

/// The 61 bytes before a batch's records, big-endian.
///
/// | at | field | at | field |
/// |---|---|---|---|
/// | 0 | baseOffset i64 | 27 | baseTimestamp i64 |
/// | 8 | batchLength i32, of what follows it | 35 | maxTimestamp i64 |
/// | 12 | partitionLeaderEpoch i32 | 43 | producerId i64 |
/// | 16 | magic i8, 2 | 51 | producerEpoch i16 |
/// | 17 | crc u32, of what follows it | 53 | baseSequence i32 |
/// | 21 | attributes i16 | 57 | recordsCount i32 |
/// | 23 | lastOffsetDelta i32 | 61 | records |
public struct RecordBatchHeader: Sendable, Equatable {
    public var baseOffset: Offset
    public var batchLength: Int32
    public var leaderEpoch: LeaderEpoch
    public var magic: Int8
    public var checksum: UInt32
    public var attributes: BatchAttributes
    public var lastOffsetDelta: Int32

    /// Milliseconds since 1970, of the first record.
    public var baseTimestamp: Int64
    public var maxTimestamp: Int64
    public var producerID: ProducerID
    public var producerEpoch: ProducerEpoch

    /// −1 in a batch without a producer.
    public var baseSequence: Int32
    public var recordCount: Int32

    public static let byteCount = 61

    /// The bytes that `batchLength` does not count.
    static let unmeasuredByteCount = 12

    /// Offset, length and epoch: what whoever sends a stored batch writes anew.
    public static let stampByteCount = 16

    static let magicPosition = 16
    static let checksumPosition = 17

    /// Where the checksummed bytes begin.
    static let attributesPosition = 21
    static let maxTimestampPosition = 35

    /// Reads the fields and judges none.
    init(_ reader: inout ByteReader) throws(DecodeError) {
        baseOffset = Offset(try reader.integer(Int64.self).byteSwapped)
        batchLength = try reader.integer(Int32.self).byteSwapped
        leaderEpoch = LeaderEpoch(try reader.integer(Int32.self).byteSwapped)
        magic = try reader.integer()
        checksum = try reader.integer(UInt32.self).byteSwapped
        attributes = BatchAttributes(bits: try reader.integer(Int16.self).byteSwapped)
        lastOffsetDelta = try reader.integer(Int32.self).byteSwapped
        baseTimestamp = try reader.integer(Int64.self).byteSwapped
        maxTimestamp = try reader.integer(Int64.self).byteSwapped
        producerID = ProducerID(try reader.integer(Int64.self).byteSwapped)
        producerEpoch = ProducerEpoch(try reader.integer(Int16.self).byteSwapped)
        baseSequence = try reader.integer(Int32.self).byteSwapped
        recordCount = try reader.integer(Int32.self).byteSwapped
    }

    /// Of a batch that is to be written; length and checksum come with the records.
    init(
        attributes: BatchAttributes,
        producerID: ProducerID = .none,
        producerEpoch: ProducerEpoch = .none,
        baseSequence: Int32 = -1
    ) {
        baseOffset = .zero
        batchLength = 0
        leaderEpoch = .none
        magic = RecordBatch.magic
        checksum = 0
        self.attributes = attributes
        lastOffsetDelta = -1
        baseTimestamp = 0
        maxTimestamp = -1
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.baseSequence = baseSequence
        recordCount = 0
    }

    func encode(into writer: inout ByteWriter) {
        Self.encodeStamp(baseOffset, batchLength, leaderEpoch, into: &writer)
        writer.integer(magic)
        writer.integer(checksum.byteSwapped)
        encodeChecksummed(into: &writer)
    }

    /// What the checksum covers, without the records.
    func encodeChecksummed(into writer: inout ByteWriter) {
        writer.integer(attributes.bits.byteSwapped)
        writer.integer(lastOffsetDelta.byteSwapped)
        writer.integer(baseTimestamp.byteSwapped)
        writer.integer(maxTimestamp.byteSwapped)
        writer.integer(producerID.number.byteSwapped)
        writer.integer(producerEpoch.number.byteSwapped)
        writer.integer(baseSequence.byteSwapped)
        writer.integer(recordCount.byteSwapped)
    }

    static func encodeStamp(
        _ baseOffset: Offset,
        _ batchLength: Int32,
        _ leaderEpoch: LeaderEpoch,
        into writer: inout ByteWriter
    ) {
        writer.integer(baseOffset.number.byteSwapped)
        writer.integer(batchLength.byteSwapped)
        writer.integer(leaderEpoch.number.byteSwapped)
    }

    /// The sequence of the last record; sequences begin anew at 0 after 2³¹−1.
    public var lastSequence: Int32 {
        baseSequence < 0 ? baseSequence : baseSequence.sequence(after: lastOffsetDelta)
    }
}

extension Int32 {
    /// The sequence so many records later.
    func sequence(after count: Int32) -> Int32 { (self &+ count) & .max }
}
