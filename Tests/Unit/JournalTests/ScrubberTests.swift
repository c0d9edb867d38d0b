import Bytes
import Environment
import Journal
import Model
import Testing

/// Cold data is read again, and what has rotted is found, and nothing else.
@Suite struct ScrubberTests {
    private let disk = MemoryDisk()

    private func journal() throws -> Journal<MemoryDisk> {
        try Journal.open(on: disk, in: "journal", settings: small()).journal
    }

    private func scrubber(of journal: Journal<MemoryDisk>? = nil) throws -> Scrubber<MemoryDisk> {
        let store = try SnapshotStore(on: disk, in: "groups", settings: JournalSettings())
        let scrubber = Scrubber(store)
        scrubber.begin(journal?.coldFiles ?? [])
        return scrubber
    }

    private var paths: [String] { disk.files.keys.filter { $0.contains("/journal-") }.sorted() }

    /// Three files at least, of batches of 128 bytes.
    private func filled() throws -> (journal: Journal<MemoryDisk>, paths: [String]) {
        let journal = try journal()
        for index: UInt64 in 1...90 { try journal.write(batch(entry(1, index))) }
        return (journal, paths)
    }

    @discardableResult
    private func save(
        _ index: UInt64,
        chunks: [ByteSlice] = ["one", "two", "three"],
        in other: SnapshotStore<MemoryDisk>? = nil
    ) throws -> String {
        let settings = JournalSettings()
        let store = try other ?? SnapshotStore(on: disk, in: "groups", settings: settings)
        let writer = try store.begin(
            group: GroupID(7),
            index: LogIndex(index),
            term: Term(1),
            metadata: "who votes"
        )
        for chunk in chunks { try writer.append(chunk) }
        try writer.finish()
        return try #require(disk.files.keys.first { $0.hasSuffix(".snap") })
    }

    /// All that one pass finds, in steps of `bytes`.
    private func pass(
        _ bytes: Int = 1 << 20,
        of journal: Journal<MemoryDisk>? = nil
    ) throws -> (found: [ScrubFinding], byteCount: Int) {
        let scrubber = try scrubber(of: journal)
        var found: [ScrubFinding] = []
        var byteCount = 0
        for _ in 0..<10_000 {
            let report = scrubber.advance(byteCount: bytes)
            found += report.finding.map { [$0] } ?? []
            byteCount += report.byteCount
            if report.isPassDone { return (found, byteCount) }
        }
        Issue.record("a pass without an end")
        return (found, byteCount)
    }

    @Test(arguments: [1, 500, 1 << 20]) func whatIsWholeIsReadAndNothingIsFound(step: Int) throws {
        let journal = try filled().journal
        try save(10)
        let (found, byteCount) = try pass(step, of: journal)
        #expect(found.isEmpty)
        #expect(byteCount > 60 * 100)
    }

    @Test func aStepReadsLittleMoreThanItIsTold() throws {
        let report = try scrubber(of: filled().journal).advance(byteCount: 300)
        #expect((300..<600).contains(report.byteCount))
        #expect(!report.isPassDone)
    }

    /// But for the zeros between batches, which nobody reads.
    @Test func everyBitOfAColdBatchCounts() throws {
        let (journal, paths) = try filled()
        let last = try #require(paths.last)
        for place in stride(from: 0, to: 64 + 20 * 128, by: 7) {
            let isPadding = place > 44 && place < 64 || place >= 64 && (place - 64) % 128 >= 110
            guard !isPadding else { continue }
            disk.flip(paths[0], at: place)
            let found = try pass(of: journal).found
            #expect(found.count == 1, "byte \(place)")
            disk.flip(paths[0], at: place)
        }
        disk.flip(last, at: 64 + 70)
        #expect(
            try pass(of: journal).found.isEmpty,
            "the newest file is written to, and is not cold"
        )
    }

    @Test func aLostLastBatchIsFoundAsTheJournalKnowsOfIt() throws {
        let (journal, paths) = try filled()
        let before = try #require(disk.files[paths[0]])
        let end = 64 + (before.bytes.count - 64) / 128 * 128
        for place in end - 128..<end { before.bytes[place] = 0 }
        guard case .journal(.damaged(let path, _, _))? = try pass(of: journal).found.first else {
            Issue.record("nothing was found")
            return
        }
        #expect(path == paths[0])
    }

    @Test func everyBitOfASnapshotCounts() throws {
        let path = try save(10)
        let count = try #require(disk.files[path]).bytes.count
        for place in 0..<count {
            disk.flip(path, at: place)
            guard case .snapshot(GroupID(7), _)? = try pass().found.first else {
                Issue.record("byte \(place) was not found")
                return
            }
            disk.flip(path, at: place)
        }
        #expect(try pass().found.isEmpty)
    }

    @Test func aFileThatIsLetGoOfMeanwhileIsNotDamaged() throws {
        let (journal, _) = try filled()
        let scrubber = try scrubber(of: journal)
        _ = scrubber.advance(byteCount: 200)
        try journal.write(mark(1, 90))
        try journal.release(GroupID(1), upTo: LogIndex(90))
        for index: UInt64 in 91...180 { try journal.write(batch(entry(1, index))) }
        var reports: [ScrubReport] = []
        repeat {
            reports.append(scrubber.advance(byteCount: 200))
        } while reports.last?.isPassDone == false
        #expect(reports.allSatisfy { $0.finding == nil })
    }

    /// Its chunks lie elsewhere, and where the scan would go on is the middle of one.
    @Test func aSnapshotThatAnotherReplacesMeanwhileIsNotDamaged() throws {
        let store = try SnapshotStore(on: disk, in: "groups", settings: JournalSettings())
        let scrubber = Scrubber(store)
        try save(10, in: store)
        scrubber.begin([])
        #expect(!scrubber.advance(byteCount: 60).isPassDone)
        let path = try save(
            10,
            chunks: ["a chunk that is longer than all three", "two"],
            in: store
        )
        let rest = scrubber.advance(byteCount: 1 << 20)
        #expect(rest.finding == nil && rest.isPassDone)
        disk.flip(path, at: 90)
        scrubber.begin([])
        #expect(scrubber.advance(byteCount: 1 << 20).finding != nil)
    }

    /// The batch behind a torn tail may have gone to the next file, with the torn one's number.
    @Test func whatACrashToreInAFileThatIsColdNowIsNotRot() throws {
        let first = try journal()
        for index: UInt64 in 1...20 { try first.write(batch(entry(1, index))) }
        disk.flip(paths[0], at: 64 + 19 * 128 + 70)
        let again = try journal()
        #expect(again.damages.isEmpty)
        try again.write(
            batch(entry(1, 20, payload: ByteSlice([UInt8](repeating: 7, count: 2_000))))
        )
        for index: UInt64 in 21...60 { try again.write(batch(entry(1, index))) }
        #expect(again.coldFiles.count > 1)
        #expect(try pass(of: again).found.isEmpty)
    }

    @Test func whatAStartFoundDamagedIsNotFoundAgainButAllElseIs() throws {
        var settings = small()
        settings.isRepairable = true
        let paths = try filled().paths
        disk.flip(paths[0], at: 64 + 128 + 70)
        let journal = try Journal.open(on: disk, in: "journal", settings: settings).journal
        #expect(journal.damages.count == 1)
        #expect(try pass(of: journal).found.isEmpty)
        for offset in [64 + 70, 64 + 2 * 128 + 70] {
            disk.flip(paths[0], at: offset)
            #expect(try pass(of: journal).found.count == 1)
            disk.flip(paths[0], at: offset)
        }
    }
}
