import Bytes
import Model
import Segments
import Streams

/// What Kafka's clients send as records, and what a partition's log and snapshots hold.
extension FuzzTarget {
    static let streamTargets: [FuzzTarget] = [
        FuzzTarget("record-batch", samples: batchSamples, recordBatch),
        FuzzTarget("partition-command", samples: partitionCommandSamples, partitionCommand),
        // A producer or an epoch is wider in its table than in a snapshot.
        FuzzTarget(
            "partition-chunks",
            bytesPerByte: 32,
            samples: partitionSamples,
            partitionChunks
        ),
        FuzzTarget("segment-manifest", samples: manifestSamples, segmentManifest),
    ]

    private static func sampleBatch(
        _ producer: Int64 = -1,
        sequence: Int32 = -1,
        isTransactional: Bool = false
    ) -> ByteSlice {
        var builder = BatchBuilder(
            attributes: BatchAttributes(isTransactional: isTransactional),
            producerID: ProducerID(producer),
            producerEpoch: ProducerEpoch(producer < 0 ? -1 : 0),
            baseSequence: sequence
        )
        builder.add(
            key: "key",
            value: "value",
            timestamp: 1_000,
            headers: [("h", "x"), ("i", nil)]
        )
        builder.add(key: nil, value: "", timestamp: 999)
        return builder.batch
    }

    private static func batchSamples() -> [ByteSlice] {
        let marker = ControlRecord(verdict: .abort, coordinatorEpoch: 3).batch(
            producerID: ProducerID(7),
            producerEpoch: ProducerEpoch(1),
            timestamp: 5
        )
        return [sampleBatch(), sampleBatch(7, sequence: 0, isTransactional: true), marker]
    }

    private static func records(of batch: RecordBatch) -> [Record]? {
        guard var reader = batch.records else { return nil }
        var records: [Record] = []
        do throws(DecodeError) {
            while let record = try reader.next() { records.append(record) }
            return records
        } catch {
            return nil
        }
    }

    /// As it came, and as if its checksum were right.
    private static func recordBatch(_ input: ByteSlice, _ run: FuzzRun) {
        _ = try? RecordBatch.produced(input, under: ProduceRules(), now: 5_000)
        let head = RecordBatchHeader.byteCount
        guard input.count >= head else { return }
        var bytes = input.array
        // Sets the checksum right, and the time with it.
        RecordBatch.setAppendTime(5_000, in: &bytes, from: 0)
        let rules = ProduceRules(timestampType: .logAppendTime)
        let sealed = ByteSlice(bytes)
        let produced = run.decoding { try? RecordBatch.produced(sealed, under: rules, now: 5_000) }
        guard let batch = produced else { return }
        run.expect(batch.bytes == sealed && batch.hasSoundChecksum, "another batch")
        var partition = Partition()
        let appended = partition.append(sealed, epoch: LeaderEpoch(1), at: .zero)
        guard case .success(let place) = appended else {
            return run.expect(false, "what a topic takes is refused: \(appended)")
        }
        let count = place.lastOffset - place.baseOffset + 1
        run.expect(count == Int64(batch.header.recordCount), "\(count) offsets")
        guard let records = records(of: batch) else { return }
        run.expect(Int64(records.count) == count, "\(records.count) records for \(count) offsets")
        var builder = BatchBuilder()
        for record in records {
            builder.add(
                key: record.key,
                value: record.value,
                timestamp: record.timestamp,
                headers: record.headers.map { ($0.name, $0.value) }
            )
        }
        let again = (try? RecordBatch(builder.batch)).flatMap { Self.records(of: $0) }
        run.expect(again?.map(\.value) == records.map(\.value), "values came back changed")
        run.expect(again?.map(\.key) == records.map(\.key), "keys came back changed")
    }
}

extension FuzzTarget {
    private static func partitionCommandSamples() -> [ByteSlice] {
        let marker = TransactionMarker(
            producerID: ProducerID(7),
            producerEpoch: ProducerEpoch(1),
            verdict: .commit,
            coordinatorEpoch: 2,
            timestamp: 1_000,
            isEpochOwn: true
        )
        let commands: [PartitionCommand] = [
            .appendGuarded(batch: sampleBatch(), lastMarker: Offset(3)), .writeMarker(marker),
            .deleteRecords(before: Offset(-1)), .configure(PartitionConfiguration()),
        ]
        return commands.map(\.encoded)
    }

    private static func partitionCommand(_ input: ByteSlice, _ run: FuzzRun) {
        guard let command = run.decoding({ try? PartitionCommand(decoding: input) }) else { return }
        let again = try? PartitionCommand(decoding: command.encoded)
        run.expect(again == command, "\(command) came back changed")
        var partition = Partition()
        _ = partition.apply(command, epoch: LeaderEpoch(1), at: GroupTime(1))
    }

    private static func samplePartition() -> Partition {
        var partition = Partition()
        let epoch = LeaderEpoch(2)
        _ = partition.append(sampleBatch(), epoch: epoch, at: .zero)
        for producer in 1...2 as ClosedRange<Int64> {
            _ = partition.append(
                sampleBatch(producer, sequence: 0, isTransactional: true),
                epoch: LeaderEpoch(3),
                at: GroupTime(9)
            )
        }
        let marker = TransactionMarker(
            producerID: ProducerID(1),
            producerEpoch: ProducerEpoch(0),
            verdict: .abort,
            coordinatorEpoch: 1,
            timestamp: 1_000,
            isEpochOwn: false
        )
        _ = partition.write(marker, epoch: LeaderEpoch(3), at: GroupTime(10))
        return partition
    }

    /// Each batch in a chunk of its own, as a chunk's length has one byte in an input.
    private static func chunks(of partition: Partition) -> [ByteSlice] {
        var chunks = PartitionChunks(
            partition,
            batchesFrom: partition.highWatermark,
            behindThoseFrom: partition.memoryStartOffset
        )
        var all: [ByteSlice] = []
        while let chunk = chunks.next() { all.append(chunk) }
        let read = try? partition.read(
            from: max(partition.logStartOffset, partition.memoryStartOffset),
            bytesMax: .max,
            isolation: .readUncommitted
        )
        return all + (read?.batches ?? []).map { PartitionChunks.batches($0.stamped) }
    }

    private static func partitionSamples() -> [ByteSlice] {
        let parts = chunks(of: samplePartition()).map { $0.prefixed(UInt8(clamping: $0.count)) }
        return [.joined(parts)]
    }

    private static func assemble(_ chunks: [ByteSlice]) -> Partition? {
        var assembler = PartitionAssembler()
        do throws(DecodeError) {
            for chunk in chunks { try assembler.receive(chunk) }
            return try assembler.finished()
        } catch {
            return nil
        }
    }

    /// The chunks as a snapshot of the node's own has them.
    private static func saved(_ partition: Partition) -> [ByteSlice] {
        var chunks = PartitionChunks(partition)
        var all: [ByteSlice] = []
        while let chunk = chunks.next() { all.append(chunk) }
        return all
    }

    /// The input is chunks, each behind a byte of length.
    private static func partitionChunks(_ input: ByteSlice, _ run: FuzzRun) {
        var choices = Choices(input)
        var parts: [ByteSlice] = []
        while !choices.isAtEnd { parts.append(choices.shortSlice()) }
        guard var partition = run.decoding({ assemble(parts) }) else { return }
        guard let again = assemble(saved(partition)) else {
            return run.expect(false, "what we saved is refused")
        }
        run.expect(saved(again) == saved(partition), "a partition came back changed")
        _ = partition.append(
            sampleBatch(1, sequence: 1, isTransactional: true),
            epoch: LeaderEpoch(.max),
            at: partition.time
        )
        _ = partition.offset(for: .maxTimestamp, isolation: .readCommitted)
        _ = partition.deleteRecords(before: Offset(-1), at: .zero)
    }

    private static func manifestSamples() -> [ByteSlice] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.integer(UInt32(2))
        for base in [0, 10] as [Int64] {
            writer.integer(base)
            writer.integer(base + 10)
            writer.integer(UInt64(4_096))
            writer.integer(Int64(1_000))
            writer.integer(UInt32(0xfeed))
            writer.integer(Int64(5))
        }
        return [writer.slice]
    }

    private static func segmentManifest(_ input: ByteSlice, _ run: FuzzRun) {
        guard let manifest = run.decoding({ try? SegmentManifest(decoding: input) }) else { return }
        run.expect(
            (try? SegmentManifest(decoding: manifest.encoded)) == manifest,
            "a manifest came back changed"
        )
    }
}
