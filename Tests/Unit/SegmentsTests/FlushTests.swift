import Bytes
import Environment
import Model
import Segments
import Streams
import Testing

/// A partition whose past is in segments: flushed, saved, released, restarted.
struct FlushTests {
    @Test(arguments: 0..<20)
    func aPartitionGoesOnInSegments(seed: Int) throws {
        var run = try Run(seed: seed)
        for _ in 0..<150 { try run.step() }
        try run.compare()
    }

    @Test func whatIsWrittenTwiceIsWrittenOnce() throws {
        let disk = MemoryDisk()
        let segments = try opened(on: disk)
        var partition = Partition()
        for _ in 0..<30 {
            var builder = BatchBuilder()
            builder.add(key: nil, value: "value", timestamp: 1)
            _ = try partition.append(builder.batch, epoch: LeaderEpoch(1), at: .zero).get()
        }
        let manifest = try segments.flush(partition)
        #expect(manifest.endOffset == Offset(30))
        #expect(try segments.flush(partition) == manifest)
        #expect(try segments.flush(Partition()).endOffset == Offset(30))
    }

    private struct Run {
        private let disk = MemoryDisk()
        private var segments: Segments<MemoryDisk>
        private var partition = Partition()
        private var random: SeededGenerator

        /// What was ever appended, stamped, with its last offset.
        private var all: [(last: Offset, bytes: ByteSlice)] = []

        /// The last durable snapshot, and what came since: the journal.
        private var manifest = SegmentManifest()
        private var chunks: [ByteSlice]
        private var journal: [Entry] = []

        private enum Entry {
            case batch(ByteSlice)
            case deletion(Offset)
        }

        init(seed: Int) throws {
            random = SeededGenerator(seed: seed)
            segments = try opened(on: disk)
            chunks = Self.chunks(PartitionChunks(Partition()))
        }

        private static func chunks(_ source: PartitionChunks) -> [ByteSlice] {
            var source = source
            var chunks: [ByteSlice] = []
            while let chunk = source.next() { chunks.append(chunk) }
            return chunks
        }

        mutating func step() throws {
            switch random.next() % 12 {
            case 0..<7:
                for _ in 0...random.next() % 8 { try append() }
            case 7, 8: try takeSnapshot()
            case 9:
                let start = partition.logStartOffset.number
                let end = partition.highWatermark.number
                let offset = Offset(start + Int64(random.next() % UInt64(end - start + 1)) / 4)
                try apply(.deletion(offset))
                journal.append(.deletion(offset))
            case 10: try restart()
            default: try compare()
            }
        }

        private mutating func append() throws {
            var builder = BatchBuilder()
            for _ in 0...random.next() % 3 {
                let value = [UInt8](repeating: 7, count: Int(random.next() % 400))
                builder.add(key: nil, value: ByteSlice(value), timestamp: Int64(random.next() % 99))
            }
            let start = partition.highWatermark
            try apply(.batch(builder.batch))
            journal.append(.batch(builder.batch))
            let read = try partition.read(from: start, bytesMax: 0, isolation: .readUncommitted)
            all.append((read.batches[0].lastOffset, read.batches[0].stamped))
        }

        private mutating func apply(_ entry: Entry) throws {
            switch entry {
            case .batch(let bytes):
                _ = try partition.append(bytes, epoch: LeaderEpoch(1), at: .zero).get()
            case .deletion(let offset):
                _ = try partition.deleteRecords(before: offset, at: .zero).get()
            }
        }

        /// Sometimes the power goes before it is durable.
        private mutating func takeSnapshot() throws {
            let copy = partition
            let written = try segments.flush(copy)
            guard random.next() % 4 > 0 else { return try restart() }
            let end = written.endOffset ?? .zero
            chunks = Self.chunks(PartitionChunks(copy, batchesFrom: end))
            manifest = try SegmentManifest(decoding: written.encoded)
            journal = []
            try segments.sweep(behind: manifest)
            if random.next() % 2 == 0 { partition.release(before: end) }
        }

        private mutating func restart() throws {
            let share = random.next() % 3
            var random = random
            disk.crash { random.next() % 3 < share }
            self.random = random
            segments = try opened(on: disk, manifest: manifest)
            var assembler = PartitionAssembler()
            for chunk in chunks { try assembler.receive(chunk) }
            partition = try assembler.finished()
            for entry in journal { try apply(entry) }
        }

        /// Every batch from the log start on, from the segments and then from memory.
        mutating func compare() throws {
            var found: [ByteSlice] = []
            var next = partition.logStartOffset
            let end = min(partition.memoryStartOffset, partition.highWatermark)
            while next < end {
                let range = try segments.range(from: next, bytesMax: 2_000, before: end)
                let batches = try range.map { try segments.batches(in: $0) } ?? []
                guard let last = batches.last else { break }
                found += batches.map(\.stamped)
                next = last.lastOffset.next
            }
            let read = try partition.read(from: next, bytesMax: .max, isolation: .readUncommitted)
            found += read.batches.map(\.stamped)
            let start = partition.logStartOffset
            #expect(found == all.filter { $0.last >= start }.map(\.bytes))
            #expect(all.last.map { $0.last.next } ?? .zero == partition.highWatermark)
        }
    }
}
