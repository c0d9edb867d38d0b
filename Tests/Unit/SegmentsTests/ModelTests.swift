import Bytes
import Environment
import Foundation
import Model
import Segments
import Streams
import SystemEnvironment
import Testing

/// Segments against an array, while the power goes and files are read.
struct ModelTests {
    @Test(arguments: 0..<30)
    func whatASnapshotKnowsIsThereAfterACrash(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var run = Run(try opened(on: disk))
        for _ in 0..<120 {
            try run.step(&random)
            guard random.next() % 12 == 0 else { continue }
            let share = random.next() % 3
            disk.crash { random.next() % 3 < share }
            try run.reopen(on: disk)
        }
    }

    @Test(arguments: 0..<4)
    func theRealDiskAgrees(seed: Int) throws {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "segments-\(ProcessInfo.processInfo.globallyUniqueString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        var random = SeededGenerator(seed: seed)
        let disk = SystemDisk(root: root.path)
        var run = Run(try opened(on: disk))
        for step in 0..<120 {
            try run.step(&random)
            if step % 20 == 19 { try run.reopen(on: SystemDisk(root: root.path)) }
        }
    }

    struct Run<Storage: Disk> {
        private var segments: Segments<Storage>
        private var source = BatchSource()

        /// What the last snapshot says, and what was written since, which the journal has.
        private var manifest = SegmentManifest()
        private var start = Offset.zero
        private var writtenCount = 0

        init(_ segments: Segments<Storage>) { self.segments = segments }

        mutating func step(_ random: inout SeededGenerator) throws {
            switch random.next() % 8 {
            case 0..<4:
                for _ in 0...random.next() % 6 {
                    let size = Int(random.next() % (random.next() % 9 == 0 ? 5_000 : 300))
                    _ = try source.next(1 + Int(random.next() % 3), size: size)
                }
                try segments.append(Array(source.batches[writtenCount...]), at: .zero)
                writtenCount = source.batches.count
            case 4: try takeSnapshot()
            case 5: if random.next() % 4 == 0 { try segments.rest() }
            case 6:
                let sealed = manifest.segments.dropLast()
                guard random.next() % 3 == 0, let last = sealed.randomElement(using: &random) else {
                    return
                }
                segments.forget(before: last.endOffset)
                start = max(start, last.endOffset)
                if random.next() % 2 == 0 { try takeSnapshot() }
            default: try compare(&random)
            }
        }

        private mutating func takeSnapshot() throws {
            manifest = try SegmentManifest(decoding: try segments.sync().encoded)
            try segments.sweep(behind: manifest)
        }

        mutating func reopen(on disk: Storage) throws {
            segments = try opened(on: disk, manifest: manifest)
            #expect(segments.endOffset ?? .zero == manifest.endOffset ?? .zero)
            // The journal brings the rest again.
            let end = manifest.endOffset ?? .zero
            start = manifest.segments.first?.baseOffset ?? .zero
            writtenCount =
                source.batches.firstIndex { $0.baseOffset >= end } ?? source.batches.count
            try segments.append(Array(source.batches[writtenCount...]), at: .zero)
            writtenCount = source.batches.count
        }

        private func compare(_ random: inout SeededGenerator) throws {
            guard let end = segments.endOffset, end > start else { return }
            let from = Int64.random(in: start.number..<end.number, using: &random)
            let limit = Offset(Int64.random(in: from...end.number, using: &random))
            let found = try segments.all(
                from: from,
                bytesMax: Int(random.next() % 9_000),
                before: limit
            )
            let expected = source.batches.filter {
                $0.lastOffset >= Offset(from) && $0.lastOffset < limit
            }
            #expect(found.map(\.stamped) == expected.map(\.stamped))
        }
    }
}
