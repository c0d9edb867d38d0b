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

    @Test func aNewFilesHeadMayBeTornAlthoughTheBatchBehindItIsWhole() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 5, vote: 3))
        var index: UInt64 = 0
        while journal.fileCount < 2 {
            index += 1
            try journal.append(batch(entry(1, index)))
            if journal.fileCount < 2 { try journal.sync() }
        }
        // Behind the file's header come the states, then the batch; neither is synced.
        disk.crash { $0 >= 64 + 128 }
        let group = try open().recovered[0]
        #expect(group.state?.term == Term(5))
        #expect(group.entries.map(\.index.number) == Array(1..<index))
    }

    @Test func damageToTheLastBatchIsKnownAsDamageOnceItIsSealed() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        try journal.write(batch(entry(1, 2)))
        try journal.seal()
        let path = try #require(paths.last)
        let last = try #require(disk.files[path]?.bytes.lastIndex(of: UInt8(ascii: "d")))
        disk.flip(path, at: last)
        #expect(throws: JournalError.self) { try open() }
        disk.flip(path, at: last)
        #expect(try open().recovered[0].entries.count == 2)
    }

    @Test func aSealIsWrittenOnceAndOnlyBehindWhatIsDurable() throws {
        let journal = try open().journal
        try journal.seal()
        try journal.append(batch(entry(1, 1)))
        try journal.seal()
        try journal.sync()
        let before = disk.files.values.map(\.bytes)
        try journal.seal()
        let sealed = disk.files.values.map(\.bytes)
        try journal.seal()
        #expect(before != sealed)
        #expect(disk.files.values.map(\.bytes) == sealed)
        disk.crash()
        #expect(try open().recovered[0].entries == [entry(1, 1)])
    }

    @Test func whatAnEarlierLifeLeftBehindATornBatchIsNeitherReadNorTakenForDamage() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        // Two batches under way; the crash takes the first and leaves the second.
        try journal.append(batch(entry(1, 2, payload: "lost")))
        let path = try #require(paths.last)
        let lastByte = disk.files[path]?.bytes.lastIndex { $0 != 0 }
        let endOfFirst = try #require(lastByte)
        try journal.append(batch(entry(1, 3, payload: "left")))
        disk.crash { $0 > endOfFirst }
        let again = try open()
        #expect(again.recovered[0].entries == [entry(1, 1)])
        // Of the same length, and at the same place: what was left would follow it seamlessly.
        try again.journal.write(batch(entry(1, 2, payload: "anew")))
        disk.crash()
        #expect(try open().recovered[0].entries.map(\.payload) == ["payload", "anew"])
    }

    @Test func whatATornSealLeftBehindItDoesNotFollowTheNextSeal() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        let path = try #require(paths.last)
        let file = try #require(disk.files[path])
        // A seal and a batch under way; the crash takes the first and leaves the second.
        try journal.seal()
        let sealed = file.bytes
        let endOfSeal = try #require(sealed.lastIndex { $0 != 0 })
        try journal.append(batch(entry(1, 2, payload: "left")))
        disk.crash { $0 > endOfSeal }
        let again = try open().journal
        try again.seal()
        let isTheSame = file.bytes[...endOfSeal] == sealed[...endOfSeal]
        #expect(isTheSame)
        // Too long for what is left of the file.
        let long = ByteSlice([UInt8](repeating: 7, count: 3_900))
        try again.write(batch(entry(1, 2, payload: long)))
        #expect(again.fileCount == 2)
        try again.write(batch(entry(1, 3)))
        disk.crash()
        let found = try open()
        #expect(found.recovered[0].entries.map(\.payload) == ["payload", long, "payload"])
        #expect(found.journal.damages.isEmpty)
    }

    /// With the salt known it would be: that is what the salt is for.
    @Test(arguments: [0x5eed, 0] as [UInt64])
    func aValueThatLooksLikeABatchIsNotTakenForOne(salt: UInt64) throws {
        var settings = small(1 << 16)
        settings.salt = salt
        let journal = try Journal.open(on: disk, in: "journal", settings: settings).journal
        try journal.write(batch(entry(1, 1)))
        let path = try #require(paths.last)
        let lastByte = disk.files[path]?.bytes.lastIndex { $0 != 0 }
        let start = try #require(lastByte)
        try journal.append(batch(entry(1, 2, payload: try forged())))
        disk.crash { $0 > start + 256 }
        if salt == 0 {
            #expect(throws: JournalError.self) { try open() }
        } else {
            #expect(try open().recovered[0].entries == [entry(1, 1)])
        }
    }

    /// What a client who knows the format, but not the salt, could put into a value: batches that
    /// say that more was durable, wherever the value will begin.
    private func forged() throws -> ByteSlice {
        let other = MemoryDisk()
        let journal = try Journal.open(on: other, in: "guess", settings: small()).journal
        for term: UInt64 in 1...9 { try journal.write(state(1, term: term)) }
        let bytes = ByteSlice(try #require(other.files.values.first?.bytes))
        var payload = ByteWriter()
        for distance in 0..<64 {
            for _ in 0..<distance { payload.byte(1) }
            payload.slice(bytes[64..<1024])
        }
        return payload.slice
    }
}
