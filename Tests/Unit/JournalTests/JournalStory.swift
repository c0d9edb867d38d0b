import Bytes
import Environment
import Journal
import Model

/// What may happen to a journal, at random from a seed; throws once it goes wrong.
enum JournalStory {
    struct Wrong: Error {
        var what: String
    }

    static let all: [@Sendable (UInt64, JournalSettings) throws -> Void] = [
        crashes, fullDisks, flippedBits, failedSyncs, snapshots,
    ]

    /// Several batches may be under way when the power goes, and any sector of any of them may be
    /// there, in part, or not: what is recovered is what one of them left, and never less than was
    /// synced.
    static func crashes(seed: UInt64, _ settings: JournalSettings) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        let run = try ModelRun(disk, settings)
        for _ in 0..<150 {
            try run.step(&random)
            guard random.next() % 10 == 0 else { continue }
            if random.next() % 3 > 0 {
                let tear = SectorTear(seed: random.next())
                disk.crash { tear.keeps($0) }
            }
            try run.reopen()
        }
    }

    static func fullDisks(seed: UInt64, _ settings: JournalSettings) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        let run = try ModelRun(disk, settings)
        for _ in 0..<200 {
            let used = disk.files.values.reduce(0) { $0 + $1.bytes.count }
            disk.capacity = random.next() % 3 == 0 ? .max : used + Int(random.next() % 5000)
            try run.step(&random)
            guard random.next() % 15 == 0 else { continue }
            disk.capacity = .max
            try run.reopen()
        }
    }

    /// Any byte of any journal file: recovery says so, or what it says is right.
    static func flippedBits(seed: UInt64, _ settings: JournalSettings) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        let run = try ModelRun(disk, settings)
        for _ in 0..<60 { try run.step(&random) }
        try run.seal()
        var told = 0
        for _ in 0..<60 {
            let paths = disk.files.keys.filter { $0.contains("/journal-") }.sorted()
            let path = paths[Int(random.next() % UInt64(paths.count))]
            let place = Int(random.next() % UInt64(disk.files[path]?.bytes.count ?? 1))
            let bytes = disk.files[path]?.bytes ?? []
            disk.flip(path, at: place)
            if try !run.isIntact() { told += 1 }
            // With what the start has erased, if it took it for a torn tail.
            disk.restore(path, bytes)
        }
        if told == 0 { throw Wrong(what: "no flipped bit was told") }
        try run.reopen()
    }

    /// A sync fails and drops what it should have written, as a kernel may; the next one succeeds.
    static func failedSyncs(seed: UInt64, _ settings: JournalSettings) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        let run = try ModelRun(disk, settings)
        for _ in 0..<40 {
            disk.losesAtSync = random.next() % 10 == 0
            do {
                try run.step(&random)
            } catch JournalError.failed {
                disk.losesAtSync = false
                try run.checkIsDead()
                disk.crash()
                try run.reopen()
            }
        }
        disk.losesAtSync = false
        disk.crash()
        try run.reopen()
    }

    /// A finished snapshot is there after the power went.
    static func snapshots(seed: UInt64, _ settings: JournalSettings) throws {
        let disk = MemoryDisk()
        let store = try SnapshotStore(on: disk, in: "groups", settings: settings)
        let writer = try store.begin(
            group: GroupID(1),
            index: LogIndex(seed),
            term: Term(1),
            metadata: .empty
        )
        try writer.append("state")
        try writer.finish()
        disk.crash()
        let again = try SnapshotStore(on: disk, in: "groups", settings: settings)
        guard try again.latest(of: GroupID(1))?.index == LogIndex(seed) else {
            throw Wrong(what: "the snapshot is gone")
        }
    }

    /// No crash, only restarts.
    static func restarts<Storage: Disk>(
        seed: UInt64,
        on disk: Storage,
        _ settings: JournalSettings
    ) throws {
        var random = SeededGenerator(seed: seed)
        let run = try ModelRun(disk, settings)
        for step in 0..<40 {
            try run.step(&random)
            if step % 4 == 3 { try run.reopen() }
        }
    }
}

/// Each unsynced sector is kept, lost, or torn, at random.
private struct SectorTear {
    let seed: UInt64

    func keeps(_ place: Int) -> Bool {
        var random = SeededGenerator(seed: seed &+ UInt64(place / 64) &* 0x9e37_79b9)
        switch random.next() % 3 {
        case 0: return true
        case 1: return false
        default: return place % 64 < Int(random.next() % 64)
        }
    }
}

/// A journal beside what it should remember.
private final class ModelRun<Storage: Disk> {
    private let disk: Storage
    private let settings: JournalSettings
    private var journal: Journal<Storage>

    /// What is durable for certain, and what each batch written since may have left.
    private var synced = ReferenceLog(groups: 3)
    private var written: [ReferenceLog] = []

    private var latest: ReferenceLog { written.last ?? synced }

    init(_ disk: Storage, _ settings: JournalSettings) throws {
        self.disk = disk
        self.settings = settings
        journal = try Journal.open(on: disk, in: "j", settings: settings).journal
    }

    func step(_ random: inout SeededGenerator) throws(JournalError) {
        do throws(JournalError) {
            switch random.next() % 12 {
            case 0: try journal.prepareNextFile()
            case 1: try journal.seal()
            case 2...6:
                let batch = latest.randomBatch(&random)
                // What fails may be on disk all the same, wholly or not; but it does not count.
                var next = latest
                next.apply(batch)
                try journal.append(batch)
                written.append(next)
            default:
                try journal.sync()
                synced = latest
                written = []
                let place = Int(random.next() % 3)
                let base = synced.groups[place].base
                try journal.release(GroupID(UInt64(place) + 1), upTo: LogIndex(base))
            }
        } catch .full {
            // Nothing of it counts.
        }
    }

    /// The power or the program went: what is there is what some batch left.
    func reopen() throws {
        let recovered: [RecoveredGroup]
        (journal, recovered) = try Journal.open(on: disk, in: "j", settings: settings)
        guard let found = ([synced] + written).last(where: { $0.matches(recovered) }) else {
            throw JournalStory.Wrong(what: "recovered \(recovered)")
        }
        synced = found
        written = []
    }

    /// All is durable, and the disk says so.
    func seal() throws {
        try journal.sync()
        try journal.seal()
        try journal.sync()
        synced = latest
        written = []
    }

    /// Whether another journal can be opened on the same files; if so, it must be right.
    func isIntact() throws -> Bool {
        let recovered: [RecoveredGroup]
        do throws(JournalError) {
            recovered = try Journal.open(on: disk, in: "j", settings: settings).recovered
        } catch {
            return false
        }
        guard synced.matches(recovered) else {
            throw JournalStory.Wrong(what: "recovered \(recovered) from damaged files")
        }
        return true
    }

    func checkIsDead() throws {
        let isAlive: Bool
        do throws(JournalError) {
            try journal.sync()
            isAlive = true
        } catch {
            isAlive = false
        }
        if isAlive { throw JournalStory.Wrong(what: "it lives on after a failed sync") }
    }
}
