import Bytes
import Model
import Streams
import Testing

/// What a partition has no room for.
struct LimitTests {
    private var partition = Partition()

    /// `bytes` as another producer's; the checksum is not looked at when it is applied.
    private func batch(_ bytes: ByteSlice, of producer: Int) -> ByteSlice {
        var array = bytes.array
        for index in 0..<4 {
            array[47 + index] = UInt8(truncatingIfNeeded: producer >> (24 - 8 * index))
        }
        return ByteSlice(array)
    }

    @Test mutating func whereTooManyProducersAreBusyANewOneIsRefused() throws {
        let minute: Int64 = 60_000
        let first = sequenced(0)
        for producer in 0..<100_000 { try partition.take(batch(first, of: producer), at: minute) }
        let new = batch(first, of: 100_000)
        #expect(partition.refusal(of: new, at: 2 * minute) == .tooManyProducers)
        #expect(partition.refusal(of: new, at: 15 * minute) == .tooManyProducers)
        // Those that are known go on, and a transaction's end is written all the same.
        #expect(try partition.take(batch(sequenced(1), of: 5), at: 15 * minute) == 100_000)
        #expect(try partition.end(marker(.abort, producer: 200_000)).offset == Offset(100_001))
        #expect(partition.producer(ProducerID(200_000)) == nil)
        #expect(try partition.take(new, at: 16 * minute) == 100_002)
        #expect(partition.activeProducers.map(\.id.number) == [5, 100_000])
    }

    @Test mutating func tooManyOpenTransactionsAreRefused() throws {
        let first = sequenced(0, isTransactional: true)
        for producer in 0..<10_000 { try partition.take(batch(first, of: producer)) }
        let new = batch(first, of: 10_000)
        #expect(partition.refusal(of: new) == .tooManyTransactions)
        #expect(try partition.take(batch(sequenced(1, isTransactional: true), of: 3)) == 10_000)
        #expect(try partition.take(sequenced(0, producer: 20_000)) == 10_001)
        _ = try partition.end(marker(.commit, producer: 17))
        #expect(try partition.take(new) == 10_003)
        #expect(partition.openTransactions.count == 10_000)
    }
}
