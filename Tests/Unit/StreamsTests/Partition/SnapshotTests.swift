import Bytes
import Model
import Streams
import Testing

/// Out as chunks, and back.
struct SnapshotTests {
    static func chunks(of partition: Partition, from start: Int64 = 0) -> [ByteSlice] {
        var chunks = PartitionChunks(partition, batchesFrom: Offset(start))
        var all: [ByteSlice] = []
        while let chunk = chunks.next() { all.append(chunk) }
        return all
    }

    static func assembled(_ chunks: [ByteSlice]) throws -> Partition {
        var assembler = PartitionAssembler()
        for chunk in chunks { try assembler.receive(chunk) }
        return try assembler.finished()
    }

    private func full() throws -> Partition {
        var partition = Partition(PartitionConfiguration(producerExpirationMilliseconds: 123_456))
        for sequence in 0..<700 as Range<Int32> {
            try partition.take(sequenced(sequence, producer: 1), epoch: 1 + sequence / 300, at: 5)
        }
        try partition.take(sequenced(0, producer: 2, isTransactional: true), epoch: 3)
        try partition.take(sequenced(0, producer: 3, isTransactional: true), epoch: 3)
        _ = try partition.write(marker(.abort, producer: 2), epoch: LeaderEpoch(3), at: .zero).get()
        _ = try partition.deleteRecords(before: Offset(20), at: .zero).get()
        return partition
    }

    @Test func aPartitionComesBackAsItWas() throws {
        let partition = try full()
        let chunks = Self.chunks(of: partition)
        let back = try Self.assembled(chunks)
        #expect(Self.chunks(of: back) == chunks)
        #expect(back.configuration == partition.configuration)
        #expect(back.logStartOffset == Offset(20))
        #expect(back.highWatermark == partition.highWatermark)
        #expect(back.lastStableOffset == Offset(701))
        #expect(back.openTransactions == partition.openTransactions)
        #expect(back.activeProducers == partition.activeProducers)
        #expect(back.time == GroupTime(5))
        let whole = back.abortedTransactions(in: .zero..<back.highWatermark)
        #expect(whole.map(\.firstOffset) == [Offset(700)])
        let reads = try [partition, back].map {
            try $0.read(from: Offset(20), bytesMax: .max, isolation: .readUncommitted)
        }
        #expect(reads[0].batches.map(\.stamped) == reads[1].batches.map(\.stamped))
        let ends = [partition, back].map { $0.end(of: LeaderEpoch(1), current: LeaderEpoch(3)) }
        #expect(ends[0] == ends[1])
        #expect(ends[0]?.offset == Offset(300))
    }

    @Test func batchesThatLieElsewhereAreLeftOut() throws {
        let partition = try full()
        let back = try Self.assembled(Self.chunks(of: partition, from: 650))
        #expect(back.memoryStartOffset == Offset(650))
        #expect(try back.offsets(from: 650) == Array(650...702))
        #expect(throws: PartitionReadError.notInMemory(memoryStart: Offset(650))) {
            try back.offsets(from: 649)
        }
        let none = try Self.assembled(Self.chunks(of: partition, from: 703))
        #expect(none.memoryStartOffset == partition.highWatermark)
        #expect(none.highWatermark == partition.highWatermark)
    }

    @Test func whatLiesElsewhereIsPutInFront() throws {
        let partition = try full()
        var chunks = PartitionChunks(
            partition,
            batchesFrom: Offset(300),
            behindThoseFrom: Offset(20)
        )
        var all: [ByteSlice] = []
        while !chunks.hasOnlyBatchesLeft { all.append(chunks.next() ?? .empty) }
        let read = try partition.read(from: Offset(20), bytesMax: .max, isolation: .readUncommitted)
        for batch in read.batches.prefix(280) { all.append(PartitionChunks.batches(batch.stamped)) }
        while let chunk = chunks.next() { all.append(chunk) }
        let back = try Self.assembled(all)
        #expect(try back.offsets(from: 20) == Array(20...702))
        #expect(back.activeProducers == partition.activeProducers)
    }

    @Test func anEmptyPartitionComesBack() throws {
        let back = try Self.assembled(Self.chunks(of: Partition()))
        #expect(back.highWatermark == .zero)
        #expect(try back.offsets(from: 0) == [])
    }

    @Test func whatIsMissingIsNoticed() throws {
        let chunks = Self.chunks(of: try full())
        #expect(throws: DecodeError.self) { try Self.assembled(Array(chunks.dropLast())) }
        #expect(throws: DecodeError.self) { try Self.assembled(Array(chunks.dropFirst())) }
        #expect(throws: DecodeError.self) { try Self.assembled([chunks[0]] + chunks) }
        #expect(throws: DecodeError.self) { try Self.assembled([]) }
    }
}
