import Bytes
import Model
import Streams
import Testing

/// Whatever bytes come, nothing traps, and what is taken is bounded by them.
struct GarbageTests {
    private static func garbage(_ random: inout SeededRandom) -> ByteSlice {
        let count = Int.random(in: 0...200, using: &random)
        return ByteSlice((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// Some bytes of something sound changed, lost or doubled.
    private static func mangled(_ bytes: ByteSlice, _ random: inout SeededRandom) -> ByteSlice {
        var array = bytes.array
        for _ in 0..<Int.random(in: 1...4, using: &random) where !array.isEmpty {
            let place = Int.random(in: 0..<array.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: array[place] = UInt8.random(in: 0...255, using: &random)
            case 1: array[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
            case 2: array.removeSubrange(place...)
            default: array.insert(contentsOf: array[place...].prefix(9), at: place)
            }
        }
        return ByteSlice(array)
    }

    private static func read(_ batch: RecordBatch) {
        guard var records = batch.records else { return }
        var count = 0
        while let record = try? records.next() {
            count += 1 + record.headers.map { $0.name.count }.count
        }
        #expect(count <= batch.bytes.count)
    }

    @Test(arguments: 0..<10)
    func batches(seed: Int) {
        var random = SeededRandom(seed: seed)
        var builder = BatchBuilder(
            producerID: ProducerID(1),
            producerEpoch: ProducerEpoch(1),
            baseSequence: 3
        )
        for number in 0..<5 as Range<Int64> {
            builder.add(
                key: "key",
                value: "value",
                timestamp: number,
                headers: [("name", "x"), ("n", nil)]
            )
        }
        let sound = builder.batch
        for _ in 0..<500 {
            let bytes =
                Bool.random(using: &random) ? Self.garbage(&random) : Self.mangled(sound, &random)
            if let batch = try? RecordBatch(bytes) { Self.read(batch) }
            _ = try? RecordBatch.produced(bytes, under: ProduceRules(), now: 5_000)
            _ = try? StoredBatch(stamped: bytes)
            _ = RecordBatch.byteCount(atStartOf: bytes)
            // With the checksum right again, what is behind it is reached.
            if bytes.count > 61, bytes.count == sound.count {
                let resealed = changed(bytes, at: 30, to: bytes[30], resealed: true)
                _ = try? RecordBatch.produced(resealed, under: ProduceRules(), now: .max)
                _ = try? RecordBatch.produced(
                    resealed,
                    under: ProduceRules(isCompacted: true),
                    now: 0
                )
                var partition = Partition()
                _ = partition.append(resealed, epoch: LeaderEpoch(1), at: .zero)
            }
        }
    }

    @Test(arguments: 0..<10)
    func commands(seed: Int) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let command = CommandTests.commands.randomElement(using: &random)?.encoded ?? .empty
            let bytes =
                Bool.random(using: &random) ? Self.garbage(&random) : Self.mangled(command, &random)
            guard let decoded = try? PartitionCommand(decoding: bytes) else { continue }
            var partition = Partition()
            _ = partition.apply(decoded, epoch: LeaderEpoch(1), at: GroupTime(1 << 53))
        }
    }

    @Test(arguments: 0..<10)
    func snapshots(seed: Int) throws {
        var random = SeededRandom(seed: seed)
        var partition = Partition()
        for number in 0..<20 as Range<Int32> {
            let bytes = sequenced(
                number / 4,
                producer: Int64(number % 4),
                isTransactional: number % 4 > 1
            )
            try partition.take(bytes, epoch: number / 5)
        }
        _ = try partition.end(marker(.abort, producer: 2))
        let sound = SnapshotTests.chunks(of: partition)
        for _ in 0..<300 {
            var chunks = sound
            let place = Int.random(in: 0..<chunks.count, using: &random)
            chunks[place] = Self.mangled(chunks[place], &random)
            guard var back = try? SnapshotTests.assembled(chunks) else { continue }
            // What was believed can be lived with.
            _ = try? back.read(from: back.logStartOffset, bytesMax: .max, isolation: .readCommitted)
            _ = back.offset(for: .maxTimestamp, isolation: .readUncommitted)
            _ = back.append(sequenced(3, producer: 3), epoch: .init(.max), at: GroupTime(1 << 53))
            _ = back.write(marker(.commit, producer: 3), epoch: .init(.max), at: .zero)
            _ = back.deleteRecords(before: Offset(-1), at: .zero)
        }
    }
}
