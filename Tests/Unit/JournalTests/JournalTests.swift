import Bytes
import Environment
import Journal
import Model
import Testing

@Suite struct JournalTests {
    private let disk = MemoryDisk()

    private func open(
        _ settings: JournalSettings = small()
    ) throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        try Journal.open(on: disk, in: "journal", settings: settings)
    }

    private func recovered() throws -> [RecoveredGroup] {
        disk.crash()
        return try open().recovered
    }

    @Test func whatWasSyncedIsThereAfterTheCrash() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 3, vote: 2))
        try journal.write(batch(entry(1, 1), entry(2, 1), entry(1, 2)))
        let groups = try recovered()
        #expect(groups.map(\.group) == [GroupID(1), GroupID(2)])
        #expect(groups[0].entries == [entry(1, 1), entry(1, 2)])
        #expect(groups[0].state?.votedFor == 2)
        #expect(groups[1].entries == [entry(2, 1)])
    }

    @Test func whatWasNotSyncedIsATornTailAndDropped() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        try journal.append(batch(entry(1, 2), entry(1, 3)))
        for torn in [2, 3, 5] {
            disk.crash { $0 % torn == 0 }
            #expect(try open().recovered[0].entries == [entry(1, 1)])
        }
    }

    @Test func aRecoveredJournalGoesOnBehindTheTornTail() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        try journal.append(
            batch(entry(1, 2, payload: ByteSlice([UInt8](repeating: 7, count: 900))))
        )
        disk.crash { $0 % 3 == 0 }
        let again = try open().journal
        try again.write(batch(entry(1, 2, term: 2)))
        try again.write(batch(entry(1, 3, term: 2)))
        #expect(try recovered()[0].entries.map(\.term) == [Term(1), Term(2), Term(2)])
    }

    @Test func anEntryReplacesItsGroupsEntriesFromItsIndexOn() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1), entry(1, 2), entry(1, 3), entry(2, 1)))
        try journal.write(batch(entry(1, 2, term: 2)))
        let groups = try recovered()
        #expect(groups[0].entries == [entry(1, 1), entry(1, 2, term: 2)])
        #expect(groups[1].entries == [entry(2, 1)])
    }

    @Test func aRollRepeatsStatesAndMarksSoThatOldFilesMayGo() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 5, vote: 3))
        try journal.write(state(2, term: 9))
        for index: UInt64 in 1...400 { try journal.write(batch(entry(1, index))) }
        #expect(journal.fileCount > 5)
        try journal.write(mark(1, 390))
        try journal.release(GroupID(1), upTo: LogIndex(390))
        #expect(journal.fileCount <= 2)
        let groups = try recovered()
        #expect(groups[0].state?.term == Term(5))
        #expect(groups[0].mark?.index == LogIndex(390))
        #expect(groups[0].entries.last?.index == LogIndex(400))
        #expect(groups[1].state?.term == Term(9))
    }

    @Test func anOldMarkRepeatedInANewFileDropsNothing() throws {
        let journal = try open().journal
        for index: UInt64 in 1...100 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 60))
        for index: UInt64 in 101...200 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 120))
        try journal.release(GroupID(1), upTo: LogIndex(120))
        let group = try recovered()[0]
        #expect(group.mark?.index == LogIndex(120))
        #expect((group.entries.first?.index ?? .zero) <= LogIndex(121))
        #expect(group.entries.last?.index == LogIndex(200))
    }

    @Test(arguments: [false, true]) func entriesThatWereReplacedHoldNoFileBack(
        isRestarted: Bool
    ) throws {
        var journal = try open().journal
        for index: UInt64 in 1...40 { try journal.write(batch(entry(1, index))) }
        #expect(journal.fileCount == 2)
        try journal.write(batch(entry(1, 25, term: 2), entry(1, 26, term: 2)))
        try journal.write(mark(1, 26, term: 2))
        if isRestarted { journal = try open().journal }
        try journal.release(GroupID(1), upTo: LogIndex(24))
        #expect(journal.fileCount == 1)
        #expect(try open().recovered[0].entries.last == entry(1, 26, term: 2))
    }

    @Test func theOldestFileIsHeldBackByWhoeverHasEntriesInIt() throws {
        let journal = try open().journal
        try journal.write(batch(entry(2, 1)))
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        try journal.release(GroupID(1), upTo: LogIndex(200))
        #expect(journal.oldestPinning == [GroupID(2)])
        let files = journal.fileCount
        try journal.release(GroupID(2), upTo: LogIndex(1))
        #expect(journal.fileCount < files)
    }

    @Test func aSmallDiskIsUsedToItsLastMegabyte() throws {
        var settings = JournalSettings()
        settings.fileBytes = 64 << 20
        disk.capacity = 9 << 20
        let (journal, _) = try Journal.open(on: disk, in: "journal", settings: settings)
        let payload = ByteSlice([UInt8](repeating: 3, count: 100_000))
        var written: UInt64 = 0
        do {
            while written < 100 {
                var batch = JournalBatch()
                batch.entries = [
                    JournalEntry(
                        group: GroupID(1),
                        index: LogIndex(written + 1),
                        term: Term(1),
                        kind: 1,
                        payload: payload
                    )
                ]
                try journal.write(batch)
                written += 1
            }
            Issue.record("more was written than the disk holds")
        } catch let error as JournalError {
            guard case .full = error else { throw error }
        }
        #expect(written * 100_000 > 7 << 20)
        let reopened = try Journal.open(on: disk, in: "journal", settings: settings)
        #expect(reopened.recovered.first?.entries.count == Int(written))
    }

    @Test func aRecycledFilesEarlierLifeIsForgotten() throws {
        let journal = try open().journal
        for index: UInt64 in 1...600 {
            try journal.write(batch(entry(1, index)))
            if index % 50 == 0 {
                try journal.write(mark(1, index))
                try journal.release(GroupID(1), upTo: LogIndex(index))
            }
        }
        let group = try recovered()[0]
        #expect(group.entries.last?.index == LogIndex(600))
        #expect(group.mark?.index == LogIndex(600))
    }

    @Test func anInstalledSnapshotDropsALogThatDiffers() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1), entry(1, 2), entry(1, 3)))
        try journal.write(mark(1, 2, term: 7))
        try journal.write(batch(entry(1, 3, term: 8)))
        #expect(try recovered()[0].entries == [entry(1, 3, term: 8)])
    }

    /// The entry at the snapshot's end may be in a file that has gone, so terms alone do not tell;
    /// somewhere among these ends is that of a file.
    @Test(arguments: UInt64(60)...199)
    func aLogThatASnapshotReplacedIsDroppedThoughItsBeginningHasGone(end: UInt64) throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        var installed = JournalBatch()
        let last = LogIndex(end)
        installed.install(
            JournalMark(group: GroupID(1), index: last, term: Term(7), replacesLog: true)
        )
        try journal.write(installed)
        try journal.release(GroupID(1), upTo: last)
        let group = try recovered()[0]
        #expect(group.mark?.index == last)
        #expect(group.entries == [])
    }

    @Test func anInstalledSnapshotTakesTheEntriesBeforeItOutOfItsBatch() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1), entry(1, 2)))
        var gathered = batch(entry(1, 3), entry(2, 1))
        gathered.install(JournalMark(group: GroupID(1), index: LogIndex(2), term: Term(7)))
        gathered.entries.append(entry(2, 2))
        try journal.write(gathered)
        let groups = try recovered()
        #expect(groups[0].entries == [])
        #expect(groups[1].entries == [entry(2, 1), entry(2, 2)])
    }

    @Test func aSnapshotBeyondTheLogDropsItAll() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1), entry(1, 2)))
        try journal.write(mark(1, 50))
        #expect(try recovered()[0].entries == [])
    }

    @Test func damageInTheMiddleIsToldAndNothingIsDropped() throws {
        let journal = try open().journal
        for index: UInt64 in 1...5 { try journal.write(batch(entry(1, index))) }
        let path = try #require(disk.files.keys.first { $0.contains("journal-") })
        disk.flip(path, at: 64 + 56 + 10)
        let error = #expect(throws: JournalError.self) { try recovered() }
        guard case .damaged(_, 64, _) = error else {
            Issue.record("told \(String(describing: error))")
            return
        }
    }

    /// In the head or in the body: the log must not begin with a later file instead.
    @Test(arguments: [64 + 10, 64 + 56 + 10])
    func damageToTheOldestFilesFirstBatchIsTold(place: Int) throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        let paths = disk.files.keys.filter { $0.contains("/journal-") }.sorted()
        #expect(paths.count > 2)
        disk.flip(paths[0], at: place)
        #expect(throws: JournalError.self) { try recovered() }
        disk.flip(paths[0], at: place)
        #expect(try recovered()[0].entries.count == 200)
    }

    @Test func aMissingFileIsDamage() throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        let paths = disk.files.keys.filter { $0.contains("/journal-") }.sorted()
        try disk.delete(paths[1])
        try disk.syncDirectory("journal")
        #expect(throws: JournalError.self) { try recovered() }
    }

    @Test(arguments: [0, 1, 2, 3])
    func aFileThatWasNeededAndIsMissingIsDamage(place: Int) throws {
        let journal = try open().journal
        try journal.write(batch(entry(2, 1)))
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 200))
        try journal.release(GroupID(1), upTo: LogIndex(200))
        // Only the oldest is needed for its entry; the others to be sure that nothing followed.
        let paths = disk.files.keys.filter { $0.contains("/journal-") }.sorted()
        try disk.delete(paths[place])
        try disk.syncDirectory("journal")
        #expect(throws: JournalError.self) { try recovered() }
    }

    @Test func aFileThatWasCutOffIsDamage() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        let path = try #require(disk.files.keys.first { $0.contains("/journal-") })
        try disk.truncate(try disk.open(path, .readWrite), to: 64)
        #expect(throws: JournalError.damaged(path: path, offset: 64, reason: cutOff)) {
            try open()
        }
    }

    private let cutOff = "the file was cut off; it had 4096 bytes"

    @Test func theNextFileIsFilledAPartAtATime() throws {
        let journal = try open(small(3 << 20)).journal
        let payload = ByteSlice([UInt8](repeating: 1, count: 900_000))
        try journal.write(batch(entry(1, 1, payload: payload)))
        let unfinished = "journal/unfinished-0000000000000002"
        try journal.prepareNextFile()
        #expect(disk.files[unfinished]?.bytes.count == 1 << 20)
        // Twice the file before.
        try journal.prepareNextFile()
        #expect(disk.files[readied]?.bytes.count == 2 << 20)
        #expect(disk.files.keys.sorted() == ["journal/journal-0000000000000001", readied])
        let writes = disk.files[readied]?.bytes.count
        try journal.write(batch(entry(1, 2, payload: payload)))
        #expect(journal.fileCount == 2)
        #expect(disk.files[readied]?.bytes.count == writes)
        #expect(try recovered()[0].entries.count == 2)
    }

    private let readied = "journal/journal-0000000000000002"

    @Test func anUnfinishedFileIsFinishedByARollAndRemovedByARecovery() throws {
        let journal = try open(small(3 << 20)).journal
        let payload = ByteSlice([UInt8](repeating: 1, count: 900_000))
        try journal.write(batch(entry(1, 1, payload: payload)))
        try journal.prepareNextFile()
        let again = try open(small(3 << 20)).journal
        #expect(disk.files.count == 1)
        try again.prepareNextFile()
        try again.write(batch(entry(1, 2, payload: payload)))
        #expect(again.fileCount == 2)
        #expect(try recovered()[0].entries.count == 2)
    }

    /// The snapshot that covers them may turn out to be damaged; an older one then needs them.
    @Test func filesCoveredBeforeARestartStayUntilTheyAreReleasedAnew() throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 200))
        disk.crash()
        let again = try open().journal
        let files = again.fileCount
        #expect(files > 3)
        try again.release(GroupID(1), upTo: LogIndex(1))
        try again.release(GroupID(9), upTo: LogIndex(1))
        #expect(again.fileCount == files)
        try again.release(GroupID(1), upTo: LogIndex(200))
        #expect(again.fileCount <= 2)
        #expect(try recovered()[0].mark?.index == LogIndex(200))
    }

    @Test func aFullDiskLosesNothingAndMayBeTriedAgain() throws {
        let journal = try open().journal
        disk.capacity = disk.files.values.reduce(0) { $0 + $1.bytes.count }
        var written: UInt64 = 0
        while (try? journal.write(batch(entry(1, written + 1)))) != nil { written += 1 }
        #expect(throws: JournalError.full(path: "disk")) {
            try journal.append(batch(entry(1, written + 1)))
        }
        disk.capacity = .max
        try journal.write(batch(entry(1, written + 1)))
        #expect(try recovered()[0].entries.count == Int(written) + 1)
    }

    @Test func afterAFailedSyncTheJournalIsDead() throws {
        let journal = try open().journal
        try journal.append(batch(entry(1, 1)))
        disk.failsSyncs = true
        #expect(throws: JournalError.self) { try journal.sync() }
        disk.failsSyncs = false
        #expect(throws: JournalError.self) { try journal.sync() }
        #expect(throws: JournalError.self) { try journal.append(batch(entry(1, 2))) }
    }

    @Test func aNewerFormatIsRefusedWithASentence() throws {
        _ = try open()
        let path = try #require(disk.files.keys.first { $0.contains("/journal-") })
        let file = try disk.open(path, .readWrite)
        var header = ByteWriter(appendingTo: try disk.read(file, at: 0, count: 40))
        header.patch(UInt32(4), at: 8)
        header.integer(CRC32C.of(header.slice))
        try disk.write(file, at: 0, [header.slice])
        try disk.sync(file)
        let error = #expect(throws: JournalError.self) { try recovered() }
        #expect(error == .newerFormat(path: path, found: 4, supported: 3))
    }

    @Test func aBatchLargerThanAFileGetsOneOfItsOwn() throws {
        let journal = try open().journal
        let large = ByteSlice([UInt8](repeating: 5, count: 20_000))
        try journal.write(batch(entry(1, 1, payload: large)))
        try journal.write(batch(entry(1, 2)))
        #expect(try recovered()[0].entries == [entry(1, 1, payload: large), entry(1, 2)])
    }
}
