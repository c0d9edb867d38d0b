import Bytes
import Model
import Streams
import Testing

/// Offsets, and producers that are known again.
struct AppendTests {
    private var partition = Partition()

    @Test mutating func offsetsFollowOneAnother() throws {
        #expect(try partition.take(batch(3)) == 0)
        #expect(try partition.take(batch(1)) == 3)
        #expect(partition.highWatermark == Offset(4))
        #expect(partition.lastStableOffset == Offset(4))
        #expect(partition.logStartOffset == .zero)
    }

    @Test mutating func whatIsSentIsStampedAndElseAsReceived() throws {
        let received = batch(2)
        try partition.take(batch(5))
        try partition.take(received, epoch: 9)
        let read = try partition.read(from: Offset(6), bytesMax: 0, isolation: .readUncommitted)
        let stored = try #require(read.batches.first)
        #expect(stored.stamp == stored.stamped[0..<16])
        #expect(stored.unstamped == received[16..<received.count])
        let batch = try RecordBatch(stored.stamped)
        #expect(batch.hasSoundChecksum)
        #expect(batch.header.baseOffset == Offset(5))
        #expect(batch.header.leaderEpoch == LeaderEpoch(9))
    }

    @Test mutating func aBatchSentAgainHasItsOffset() throws {
        for sequence in 0..<6 { try partition.take(sequenced(Int32(sequence))) }
        for sequence in 1..<6 {
            let again = try partition.append(
                sequenced(Int32(sequence)),
                epoch: LeaderEpoch(1),
                at: .zero
            ).get()
            #expect(again.isDuplicate)
            #expect(again.baseOffset == Offset(Int64(sequence)))
        }
        #expect(partition.highWatermark == Offset(6))
    }

    @Test mutating func whatIsOlderThanFiveBatchesIsNotKnownAgain() throws {
        for sequence in 0..<6 { try partition.take(sequenced(Int32(sequence))) }
        #expect(partition.refusal(of: sequenced(0)) == .duplicateSequence)
        #expect(partition.highWatermark == Offset(6))
    }

    @Test mutating func aGapIsRefused() throws {
        try partition.take(sequenced(0, count: 3))
        #expect(partition.refusal(of: sequenced(4)) == .outOfOrderSequence(expected: 3))
        #expect(partition.refusal(of: sequenced(2, count: 2)) == .outOfOrderSequence(expected: 3))
        #expect(partition.refusal(of: sequenced(1)) == .duplicateSequence)
        #expect(try partition.take(sequenced(3)) == 3)
    }

    @Test mutating func anUnknownProducerBeginsAnywhere() throws {
        #expect(try partition.take(sequenced(4_711)) == 0)
        #expect(partition.refusal(of: sequenced(4_713)) == .outOfOrderSequence(expected: 4_712))
    }

    @Test mutating func sequencesBeginAnewAfterTheLargest() throws {
        try partition.take(sequenced(.max - 1, count: 2))
        #expect(partition.refusal(of: sequenced(1)) == .outOfOrderSequence(expected: 0))
        #expect(partition.refusal(of: sequenced(.max - 3)) == .duplicateSequence)
        #expect(try partition.take(sequenced(0)) == 2)
        // One batch across the end.
        var other = Partition()
        try other.take(sequenced(.max, count: 3))
        #expect(other.refusal(of: sequenced(1)) == .duplicateSequence)
        #expect(try other.take(sequenced(2)) == 3)
        #expect(other.producer(ProducerID(7))?.lastSequence == 2)
    }

    @Test mutating func aLaterEpochBeginsAtZeroAndFencesTheEarlier() throws {
        try partition.take(sequenced(5))
        #expect(partition.refusal(of: sequenced(6, epoch: 1)) == .outOfOrderSequence(expected: 0))
        #expect(try partition.take(sequenced(0, epoch: 1)) == 1)
        #expect(partition.refusal(of: sequenced(6)) == .producerFenced(current: ProducerEpoch(1)))
        // What is kept of the earlier epoch is not taken for a copy of the later's.
        #expect(partition.refusal(of: sequenced(5, epoch: 1)) == .outOfOrderSequence(expected: 1))
    }

    @Test mutating func producersDoNotDisturbEachOther() throws {
        for producer in 0..<200 as Range<Int64> {
            try partition.take(sequenced(0, producer: producer))
        }
        for producer in 0..<200 as Range<Int64> {
            #expect(try partition.take(sequenced(1, producer: producer)) == 200 + producer)
        }
        #expect(partition.activeProducers.map(\.id.number) == Array(0..<200))
        #expect(partition.activeProducers.allSatisfy { $0.lastSequence == 1 })
    }

    @Test mutating func aSilentProducerIsForgottenAfterADay() throws {
        let day: Int64 = 86_400_000
        try partition.take(sequenced(0), at: 1_000)
        try partition.take(batch(), at: day - 1)
        #expect(
            partition.refusal(of: sequenced(9), at: day - 1) == .outOfOrderSequence(expected: 1)
        )
        try partition.take(batch(), at: 2 * day)
        #expect(partition.producer(ProducerID(7)) == nil)
        #expect(try partition.take(sequenced(9), at: 2 * day) == 3)
    }

    @Test mutating func timeNeverGoesBack() throws {
        try partition.take(batch(), at: 500)
        try partition.take(batch(), at: 400)
        #expect(partition.time == GroupTime(500))
    }

    @Test mutating func whatIsNoBatchChangesNothing() throws {
        #expect(
            partition.refusal(of: "garbage that is no batch") == .malformed(.magicUnsupported(110))
        )
        #expect(partition.refusal(of: .empty) == .malformed(.notOneBatch))
        let marker = ControlRecord(verdict: .commit, coordinatorEpoch: 1).batch(
            producerID: ProducerID(1),
            producerEpoch: ProducerEpoch(0),
            timestamp: 0
        )
        #expect(partition.refusal(of: marker) == .malformed(.invalid(.control)))
        #expect(partition.highWatermark == .zero)
    }

    @Test mutating func aCopyStaysAsItWas() throws {
        for _ in 0..<300 { try partition.take(batch()) }
        let copy = partition
        for _ in 0..<300 { try partition.take(batch()) }
        #expect(copy.highWatermark == Offset(300))
        #expect(try copy.offsets(from: 0) == Array(0..<300))
        #expect(try partition.offsets(from: 0) == Array(0..<600))
    }
}
