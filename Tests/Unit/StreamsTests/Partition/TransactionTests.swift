import Bytes
import Model
import Streams
import Testing

/// Transactions as a partition sees them.
struct TransactionTests {
    private var partition = Partition()

    private func stable() -> Int64 { partition.lastStableOffset.number }

    @Test mutating func anOpenTransactionHoldsBackReadersOfWhatIsCommitted() throws {
        try partition.take(batch())
        try partition.take(sequenced(0, count: 2, isTransactional: true))
        try partition.take(batch())
        #expect(stable() == 1)
        #expect(try partition.offsets(from: 0, isolation: .readCommitted) == [0])
        #expect(try partition.offsets(from: 1, isolation: .readCommitted) == [])
        #expect(try partition.offsets(from: 0) == [0, 1, 3])
        let end = try partition.end(marker(.commit))
        #expect(end == MarkerWritten(offset: Offset(4), isRepeated: false))
        #expect(stable() == 5)
        #expect(try partition.offsets(from: 0, isolation: .readCommitted) == [0, 1, 3, 4])
    }

    @Test mutating func aMarkerTakesOneOffset() throws {
        try partition.take(sequenced(0, isTransactional: true))
        _ = try partition.end(marker(.abort))
        #expect(partition.highWatermark == Offset(2))
        #expect(try partition.take(sequenced(1, isTransactional: true)) == 2)
        _ = try partition.end(marker(.commit))
        #expect(partition.highWatermark == Offset(4))
    }

    @Test mutating func theFirstOpenOneCounts() throws {
        try partition.take(sequenced(0, producer: 1, isTransactional: true))
        try partition.take(sequenced(0, producer: 2, isTransactional: true))
        #expect(stable() == 0)
        #expect(partition.openTransactions.map(\.producerID.number) == [1, 2])
        _ = try partition.end(marker(.commit, producer: 2))
        #expect(stable() == 0)
        _ = try partition.end(marker(.commit, producer: 1))
        #expect(stable() == 4)
    }

    @Test mutating func whatWasAbortedIsListedWhereItOverlaps() throws {
        // 0 p1, 1 p2, 2 abort p2, 3 p2, 4 abort p1, 5 commit p2, 6 plain
        try partition.take(sequenced(0, producer: 1, isTransactional: true))
        try partition.take(sequenced(0, producer: 2, isTransactional: true))
        _ = try partition.end(marker(.abort, producer: 2))
        try partition.take(sequenced(1, producer: 2, isTransactional: true))
        _ = try partition.end(marker(.abort, producer: 1))
        _ = try partition.end(marker(.commit, producer: 2))
        try partition.take(batch())
        func aborted(_ range: Range<Int64>) -> [[Int64]] {
            partition.abortedTransactions(in: Offset(range.lowerBound)..<Offset(range.upperBound))
                .map { [$0.producerID.number, $0.firstOffset.number, $0.lastOffset.number] }
        }
        #expect(aborted(0..<7) == [[2, 1, 2], [1, 0, 4]])
        #expect(aborted(0..<1) == [[1, 0, 4]])
        #expect(aborted(3..<4) == [[1, 0, 4]])
        #expect(aborted(5..<7) == [])
        let read = try partition.read(from: Offset(2), bytesMax: 1, isolation: .readCommitted)
        #expect(read.batches.map(\.baseOffset.number) == [2])
        #expect(read.abortedTransactions.map(\.producerID.number) == [2, 1])
        let all = try partition.read(from: .zero, bytesMax: .max, isolation: .readUncommitted)
        #expect(all.batches.count == 7)
        #expect(all.abortedTransactions == [])
    }

    @Test mutating func whoHasATransactionOpenWritesInIt() throws {
        try partition.take(sequenced(0, isTransactional: true))
        #expect(partition.refusal(of: sequenced(1)) == .transactionExpected)
        _ = try partition.end(marker(.commit))
        #expect(try partition.take(sequenced(1)) == 2)
    }

    @Test mutating func aRepeatedMarkerTakesNoOffset() throws {
        try partition.take(sequenced(0, isTransactional: true))
        let first = try partition.end(marker(.commit))
        let again = try partition.end(marker(.commit))
        #expect(again == MarkerWritten(offset: first.offset, isRepeated: true))
        #expect(partition.highWatermark == Offset(2))
    }

    /// KAFKA-17754: a late end of one transaction must not end the next.
    @Test mutating func aLateMarkerDoesNotEndTheNextTransaction() throws {
        try partition.take(sequenced(0, epoch: 1, isTransactional: true))
        _ = try partition.end(marker(.commit, epoch: 2, isEpochOwn: true))
        try partition.take(sequenced(0, epoch: 2, isTransactional: true))
        let late = try partition.end(marker(.abort, epoch: 2, isEpochOwn: true))
        #expect(late.isRepeated)
        #expect(stable() == 2)
        _ = try partition.end(marker(.commit, epoch: 3, isEpochOwn: true))
        #expect(stable() == 4)
        #expect(partition.abortedTransactions(in: .zero..<Offset(9)) == [])
    }

    @Test mutating func aMarkerOfALaterEpochFencesThePastOff() throws {
        try partition.take(sequenced(0, isTransactional: true))
        _ = try partition.end(marker(.abort, epoch: 1))
        #expect(
            partition.refusal(of: sequenced(1, isTransactional: true))
                == .producerFenced(current: ProducerEpoch(1))
        )
        #expect(
            partition.refusal(of: sequenced(1, epoch: 1, isTransactional: true))
                == .outOfOrderSequence(expected: 0)
        )
        #expect(try partition.take(sequenced(0, epoch: 1, isTransactional: true)) == 2)
        #expect(throws: PartitionRefusal.producerFenced(current: ProducerEpoch(1))) {
            try partition.end(marker(.commit, epoch: 0))
        }
    }

    @Test mutating func anEarlierCoordinatorIsFencedOff() throws {
        try partition.take(sequenced(0, isTransactional: true))
        _ = try partition.end(marker(.commit, coordinator: 5))
        try partition.take(sequenced(1, isTransactional: true))
        #expect(throws: PartitionRefusal.coordinatorFenced(current: 5)) {
            try partition.end(marker(.abort, coordinator: 4))
        }
        #expect(stable() == 2)
    }

    @Test mutating func aMarkerWithoutATransactionFencesOnly() throws {
        let end = try partition.end(marker(.abort, epoch: 3))
        #expect(end == MarkerWritten(offset: .zero, isRepeated: false))
        #expect(partition.abortedTransactions(in: .zero..<Offset(9)) == [])
        #expect(
            partition.refusal(of: sequenced(0, epoch: 2))
                == .producerFenced(current: ProducerEpoch(3))
        )
    }

    @Test mutating func aBatchThatComesAfterItsTransactionIsNotTaken() throws {
        func guarded(_ bytes: ByteSlice, after marker: Offset?) -> PartitionCommand {
            .appendGuarded(batch: bytes, lastMarker: marker)
        }
        func apply(_ command: PartitionCommand) -> Result<PartitionResponse, PartitionRefusal> {
            partition.apply(command, epoch: LeaderEpoch(1), at: .zero)
        }
        let first = sequenced(0, isTransactional: true)
        #expect(throws: Never.self) { try apply(guarded(first, after: nil)).get() }
        // Within the transaction the guard does not matter any more.
        let second = sequenced(1, isTransactional: true)
        #expect(throws: Never.self) { try apply(guarded(second, after: nil)).get() }
        let end = try partition.end(marker(.commit))
        let third = sequenced(2, isTransactional: true)
        #expect(apply(guarded(third, after: nil)) == .failure(.transactionEnded))
        #expect(throws: Never.self) { try apply(guarded(third, after: end.offset)).get() }
        #expect(partition.openTransactions.map(\.firstOffset) == [Offset(3)])
    }

    @Test mutating func aProducerWithAnOpenTransactionIsNotForgotten() throws {
        try partition.take(sequenced(0, isTransactional: true))
        try partition.take(batch(), at: 10 * 86_400_000)
        #expect(partition.producer(ProducerID(7))?.transactionStart == .zero)
        #expect(stable() == 0)
    }

    @Test mutating func theStableOffsetIsNotBeforeTheLogStart() throws {
        try partition.take(sequenced(0, count: 5, isTransactional: true))
        #expect(partition.deleteRecords(before: Offset(3), at: .zero) == .success(Offset(3)))
        #expect(stable() == 3)
        #expect(try partition.offsets(from: 3) == [0])
        #expect(try partition.offsets(from: 3, isolation: .readCommitted) == [])
    }
}
