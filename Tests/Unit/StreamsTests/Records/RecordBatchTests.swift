import Bytes
import Model
import Streams
import Testing

/// What is a batch, and which one a topic takes.
struct RecordBatchTests {
    private let rules = ProduceRules()

    private func refusal(
        of bytes: ByteSlice,
        under rules: ProduceRules = ProduceRules(),
        now: Int64 = 5_000
    ) -> BatchError? {
        do throws(BatchError) {
            _ = try RecordBatch.produced(bytes, under: rules, now: now)
            return nil
        } catch {
            return error
        }
    }

    /// A batch of one record that a real client has sent: kcat 1.7.1 (librdkafka 2.0.2), value `hi`.
    @Test func theLayoutIsKafkas() throws {
        let bytes = ByteSlice(
            [
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 0, 0, 2,
            ] + [UInt8](repeating: 0, count: 4) + [
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 0, 0, 0, 3, 232,
                255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1,
                16, 0, 0, 0, 1, 4, 104, 105, 0,
            ]
        )
        var builder = BatchBuilder()
        builder.add(key: nil, value: "hi", timestamp: 1_000)
        let built = builder.batch
        #expect(built.count == bytes.count)
        #expect(built[21..<built.count] == bytes[21..<bytes.count])
        let batch = try RecordBatch.produced(built, under: rules, now: 5_000)
        #expect(batch.header.recordCount == 1)
        #expect(batch.header.producerID == .none)
        #expect(batch.header.maxTimestamp == 1_000)
    }

    @Test func aBatchIsReadAsItWasWritten() throws {
        var builder = BatchBuilder(
            producerID: ProducerID(3),
            producerEpoch: ProducerEpoch(1),
            baseSequence: 9
        )
        builder.add(key: "a", value: "1", timestamp: 100, headers: [("h", "x"), ("i", nil)])
        builder.add(key: nil, value: nil, timestamp: 90)
        builder.add(key: "", value: "", timestamp: 300)
        let batch = try RecordBatch.produced(builder.batch, under: rules, now: 0)
        #expect(batch.header.baseTimestamp == 100)
        #expect(batch.header.maxTimestamp == 300)
        #expect(batch.header.lastSequence == 11)
        var records = try #require(batch.records)
        let first = try #require(try records.next())
        #expect(first.key == "a" && first.value == "1" && first.timestamp == 100)
        #expect(first.headers.map(\.name) == ["h", "i"])
        #expect(first.headers.map(\.value) == ["x", nil])
        let second = try #require(try records.next())
        #expect(second.key == nil && second.value == nil && second.timestamp == 90)
        #expect(second.offset == Offset(1))
        let third = try #require(try records.next())
        #expect(third.key == "" && third.value == "" && third.timestamp == 300)
        #expect(try records.next() == nil)
    }

    @Test func exactlyOneBatchIsTaken() {
        let one = batch()
        #expect(refusal(of: .empty) == .notOneBatch)
        #expect(refusal(of: ByteSlice(one.array + one.array)) == .notOneBatch)
        #expect(refusal(of: one[0..<one.count - 1]) == .corrupt)
        #expect(refusal(of: one[0..<12]) == .corrupt)
        #expect(refusal(of: changed(one, at: 8, to: 0x80, resealed: false)) == .corrupt)
    }

    @Test func olderFormatsAreNotServed() {
        #expect(
            refusal(of: changed(batch(), at: 16, to: 1, resealed: false)) == .magicUnsupported(1)
        )
        #expect(
            refusal(of: changed(batch(), at: 16, to: 0, resealed: false)) == .magicUnsupported(0)
        )
    }

    @Test func aChangedByteIsSeen() {
        let bytes = batch(3)
        for position in 17..<bytes.count {
            let broken = changed(bytes, at: position, to: bytes[position] ^ 0x40, resealed: false)
            #expect(refusal(of: broken) != nil, "byte \(position)")
        }
    }

    @Test func theLimitCountsTheWholeBatch() {
        let bytes = batch()
        #expect(refusal(of: bytes, under: ProduceRules(batchBytesMax: bytes.count)) == nil)
        #expect(
            refusal(of: bytes, under: ProduceRules(batchBytesMax: bytes.count - 1))
                == .tooLarge(byteCount: bytes.count, limit: bytes.count - 1)
        )
    }

    @Test func countsMustAgree() {
        let bytes = batch(3)
        #expect(
            refusal(of: changed(bytes, at: 26, to: 3, resealed: true)) == .invalid(.recordCount)
        )
        #expect(
            refusal(of: changed(bytes, at: 60, to: 0, resealed: true)) == .invalid(.recordCount)
        )
        #expect(
            refusal(of: changed(bytes, at: 57, to: 0x80, resealed: true)) == .invalid(.recordCount)
        )
        #expect(refusal(of: changed(bytes, at: 7, to: 1, resealed: true)) == .invalid(.baseOffset))
        let fewer = changed(
            changed(bytes, at: 26, to: 1, resealed: true),
            at: 60,
            to: 2,
            resealed: true
        )
        #expect(refusal(of: fewer) == .recordInvalid(index: 2, .malformed))
    }

    @Test func whatIsNotAClientsIsRefused() {
        let marker = ControlRecord(verdict: .commit, coordinatorEpoch: 1).batch(
            producerID: ProducerID(1),
            producerEpoch: ProducerEpoch(0),
            timestamp: 0
        )
        #expect(refusal(of: marker) == .invalid(.control))
        #expect(
            refusal(of: changed(batch(), at: 22, to: 0x40, resealed: true))
                == .invalid(.deleteHorizon)
        )
    }

    @Test func aProducerHasEpochAndSequence() {
        let id = ProducerID(4)
        #expect(refusal(of: batch(producer: id, epoch: .none, sequence: 0)) == .invalid(.producer))
        #expect(refusal(of: batch(producer: id, epoch: ProducerEpoch(0))) == .invalid(.producer))
        #expect(refusal(of: batch(producer: ProducerID(-2))) == .invalid(.producer))
        #expect(refusal(of: batch(isTransactional: true)) == .invalid(.transaction))
        #expect(refusal(of: batch(producer: id, epoch: ProducerEpoch(0), sequence: 0)) == nil)
    }

    @Test func codecsAreThoseOfTheClientsVersion() {
        let zstd = changed(batch(), at: 22, to: 4, resealed: true)
        #expect(refusal(of: zstd) == nil)
        #expect(
            refusal(of: zstd, under: ProduceRules(allowsZstd: false))
                == .codecUnsupported(number: 4)
        )
        #expect(
            refusal(of: changed(batch(), at: 22, to: 5, resealed: true))
                == .codecUnsupported(number: 5)
        )
    }

    @Test func theFutureIsRefused() {
        let soon = batch(timestamp: 5_000 + 3_600_000)
        let late = batch(timestamp: 5_001 + 3_600_000)
        #expect(refusal(of: soon) == nil)
        #expect(refusal(of: late) == .timestampInvalid(3_605_001))
        #expect(refusal(of: batch(timestamp: .max / 2)) == .timestampInvalid(.max / 2))
        #expect(refusal(of: late, under: ProduceRules(timestampType: .logAppendTime)) == nil)
        #expect(
            refusal(of: changed(batch(), at: 22, to: 8, resealed: true)) == .timestampInvalid(1_000)
        )
        #expect(
            refusal(
                of: batch(timestamp: 10),
                under: ProduceRules(timestampBeforeMillisecondsMax: 20)
            )
                == .timestampInvalid(10)
        )
        #expect(
            refusal(
                of: batch(timestamp: -1),
                under: ProduceRules(timestampBeforeMillisecondsMax: 20)
            )
                == nil
        )
    }

    @Test func aCompactedTopicNeedsKeys() {
        var builder = BatchBuilder()
        builder.add(key: "k", value: "v", timestamp: 0)
        #expect(refusal(of: builder.batch, under: ProduceRules(isCompacted: true)) == nil)
        builder.add(key: nil, value: "v", timestamp: 0)
        #expect(
            refusal(of: builder.batch, under: ProduceRules(isCompacted: true))
                == .recordInvalid(index: 1, .keyMissing)
        )
    }

    @Test func appendTimeIsThatOfTheNode() throws {
        let bytes = batch(2, timestamp: 50)
        var copy = [9, 9, 9] + bytes.array
        RecordBatch.setAppendTime(777, in: &copy, from: 3)
        #expect(Array(copy[..<3]) == [9, 9, 9])
        let stamped = try RecordBatch(ByteSlice(Array(copy[3...])))
        #expect(stamped.hasSoundChecksum)
        #expect(stamped.header.maxTimestamp == 777)
        #expect(stamped.header.attributes.timestampType == .logAppendTime)
        var records = try #require(stamped.records)
        #expect(try records.next()?.timestamp == 777)
        #expect(stamped.payload == bytes[61..<bytes.count])
    }

    @Test func aMarkerIsRead() throws {
        let bytes = ControlRecord(verdict: .abort, coordinatorEpoch: 6).batch(
            producerID: ProducerID(1),
            producerEpoch: ProducerEpoch(2),
            timestamp: 33
        )
        let batch = try RecordBatch(bytes)
        #expect(batch.hasSoundChecksum)
        #expect(batch.header.attributes.isControl && batch.header.attributes.isTransactional)
        #expect(batch.header.baseSequence == -1)
        var records = try #require(batch.records)
        let record = try #require(try records.next())
        #expect(ControlRecord(record) == ControlRecord(verdict: .abort, coordinatorEpoch: 6))
        #expect(record.key == ByteSlice([0, 0, 0, 0]))
        #expect(record.value == ByteSlice([0, 0, 0, 0, 0, 6]))
    }
}
