import Bytes
import Environment
import Journal
import Model
import Testing

/// What a crash, or a disk that rots, may do between two opens.
@Suite struct DurabilityTests {
    private let disk = MemoryDisk()

    private func open() throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        try Journal.open(on: disk, in: "journal", settings: small())
    }

    private var paths: [String] {
        disk.files.keys.filter { $0.contains("/journal-") }.sorted()
    }

    @Test func aDamagedHeaderOfTheNewestFileIsDamageAndNotAnEmptyFile() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 5, vote: 3))
        try journal.write(batch(entry(1, 1)))
        let path = try #require(paths.last)
        for place in [0, 9, 17, 25] {
            disk.flip(path, at: place)
            #expect(throws: JournalError.self, "byte \(place)") { try open() }
            disk.flip(path, at: place)
            #expect(paths.contains(path), "byte \(place)")
        }
        #expect(try open().recovered[0].entries == [entry(1, 1)])
    }

    @Test func whatAProgramThatDiedLeftInTheCacheIsDurableOnceItIsRecovered() throws {
        try open().journal.append(batch(entry(1, 1)))
        let recovered = try open().recovered
        #expect(recovered.first?.entries == [entry(1, 1)])
        disk.crash()
        #expect(try open().recovered == recovered)
    }

    @Test func aFileThatIsLeftIsDurableBeforeTheNextIsWritten() throws {
        let journal = try open().journal
        var index: UInt64 = 0
        while journal.fileCount < 3 {
            index += 1
            try journal.append(batch(entry(1, index)))
        }
        try journal.sync()
        disk.crash()
        #expect(try open().recovered.first?.entries.count == Int(index))
    }
}
