import Bytes
import Environment
import Journal
import Model
import Testing

/// A journal whose groups have peers goes on over damage, and says what it no longer vouches for.
@Suite struct DamageTests {
    private let disk = MemoryDisk()
    private let group = GroupID(1)

    private var settings: JournalSettings {
        var settings = small()
        settings.isRepairable = true
        return settings
    }

    private func open() throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        try Journal.open(on: disk, in: "journal", settings: settings)
    }

    private var paths: [String] {
        disk.files.keys.filter { $0.contains("/journal-") }.sorted()
    }

    private func cut(_ index: UInt64, term: UInt64 = 1) -> JournalBatch {
        var batch = JournalBatch()
        batch.cuts = [JournalCut(group: group, index: LogIndex(index), term: Term(term))]
        batch.states = state(group.number, term: 2, vote: 3).states
        return batch
    }

    private var whole: JournalBatch {
        var batch = JournalBatch()
        batch.standings = [JournalStanding(group: group, isWhole: true)]
        return batch
    }

    /// Five entries, a batch of 128 bytes each, and damage to the second; opened again.
    private func damaged() throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        let journal = try open().journal
        for index: UInt64 in 1...5 { try journal.write(batch(entry(1, index))) }
        disk.flip(try #require(paths.first), at: 64 + 128 + 56 + 20)
        return try open()
    }

    @Test func aLogEndsBeforeTheDamageAndItsGroupIsDamaged() throws {
        let (journal, recovered) = try damaged()
        #expect(recovered.map(\.entries) == [[entry(1, 1)]])
        #expect(recovered[0].isDamaged)
        guard case .damaged(_, 64 + 128, _) = journal.damages.first else {
            Issue.record("told \(journal.damages)")
            return
        }
    }

    @Test func withoutACutADamagedGroupStaysAsItIs() throws {
        for _ in 0..<3 {
            let again = try (paths.isEmpty ? damaged() : open())
            #expect(again.recovered[0].entries == [entry(1, 1)])
            #expect(again.recovered[0].isDamaged)
        }
    }

    @Test func whatFollowsTheCutIsReadAndTheGroupIsWholeOnceTheJournalSaysSo() throws {
        let (journal, _) = try damaged()
        try journal.write(cut(1))
        try journal.write(batch(entry(1, 2, term: 2), entry(1, 3, term: 2)))
        let repairing = try open().recovered[0]
        #expect(repairing.entries.map(\.term) == [Term(1), Term(2), Term(2)])
        #expect(repairing.isDamaged)
        try open().journal.write(whole)
        let repaired = try open()
        #expect(repaired.recovered[0].entries == repairing.entries)
        #expect(!repaired.recovered[0].isDamaged)
        #expect(!repaired.journal.damages.isEmpty)
    }

    @Test func nothingBehindTheDamageIsWrittenOver() throws {
        let (journal, _) = try damaged()
        let before = try #require(disk.files[paths[0]]?.bytes.prefix(64 + 5 * 128))
        try journal.write(cut(1))
        let isUntouched = disk.files[paths[0]]?.bytes.prefix(before.count) == before
        #expect(isUntouched)
    }

    @Test func aGroupIsStillDamagedWhenTheFileThatSaidSoIsReleased() throws {
        let (journal, _) = try damaged()
        try journal.write(cut(1))
        for index: UInt64 in 2...90 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 90))
        try journal.release(group, upTo: LogIndex(90))
        #expect(!paths.contains("journal/journal-0000000000000001"))
        let again = try open()
        #expect(again.journal.damages.isEmpty)
        #expect(again.recovered[0].isDamaged)
    }

    @Test func damageWithinARepairLeavesTheGroupDamagedThoughTheJournalCallsItWhole() throws {
        let (journal, _) = try damaged()
        try journal.write(cut(1))
        try journal.write(batch(entry(1, 2)))
        try journal.write(batch(entry(1, 3)))
        try journal.write(whole)
        try journal.seal()
        // The seventh batch: behind five entries and the cut.
        disk.flip(try #require(paths.last), at: 64 + 6 * 128 + 56 + 20)
        let again = try open().recovered[0]
        #expect(again.isDamaged)
        #expect(again.entries.count < 3)
    }

    /// Whoever was repaired would be without a voice again, and without what came behind the cut.
    @Test func aGroupThatWasRepairedStaysWholeWhenTheFilesBeforeTheCutAreReleased() throws {
        let journal = try open().journal
        for index: UInt64 in 1...31 { try journal.write(batch(entry(1, index))) }
        try journal.seal()
        disk.flip(paths[0], at: 64 + 20 * 128 + 56 + 20)
        let again = try open()
        #expect(again.recovered[0].entries.count < 31)
        let end = try #require(again.recovered[0].entries.last?.index.number)
        try again.journal.write(cut(end))
        for index in end + 1...33 { try again.journal.write(batch(entry(1, index))) }
        try again.journal.write(whole)
        try again.journal.write(mark(1, 32))
        try again.journal.release(group, upTo: LogIndex(32))
        let first = try #require(paths.first)
        #expect(first != "journal/journal-0000000000000001", "the file before the cut has gone")
        let later = try open()
        #expect(later.journal.damages.isEmpty)
        #expect(!later.recovered[0].isDamaged)
        #expect(later.recovered[0].entries.map(\.index.number) == Array(end + 1...33))
    }

    /// A second damage takes what lies between the first and the cut; the node begins another repair.
    @Test func aCutThatLeadsNowhereLeavesTheGroupAsItIsBeforeTheDamage() throws {
        let (journal, _) = try damaged()
        try journal.write(cut(1))
        for index: UInt64 in 2...4 { try journal.write(batch(entry(1, index, term: 2))) }
        try journal.write(whole)
        try journal.seal()
        disk.flip(paths[0], at: 64 + 56 + 20)
        let again = try open()
        #expect(again.recovered[0].isDamaged)
        #expect(again.recovered[0].entries.isEmpty)
        try again.journal.write(cut(0))
        for index: UInt64 in 1...4 { try again.journal.write(batch(entry(1, index, term: 2))) }
        try again.journal.write(whole)
        let last = try open().recovered[0]
        #expect(!last.isDamaged)
        #expect(last.entries.map(\.index.number) == [1, 2, 3, 4])
    }

    /// The vote may be what the second damage takes: the cut counts only as it says it anew.
    @Test func aVoteThatIsLostAfterARepairIsNotForgotten() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 1, vote: 2))
        try journal.write(batch(entry(1, 1)))
        try journal.write(state(1, term: 2, vote: 3))
        try journal.write(batch(entry(1, 2)))
        try journal.seal()
        disk.flip(paths[0], at: 64 + 3 * 128 + 56 + 20)
        let repairing = try open()
        #expect(repairing.recovered[0].state?.votedFor == 3)
        var silent = cut(1)
        silent.states = []
        try repairing.journal.write(silent)
        try repairing.journal.write(whole)
        try repairing.journal.seal()
        disk.flip(paths[0], at: 64 + 2 * 128 + 56 + 20)
        let again = try open()
        #expect(again.recovered[0].isDamaged)
        try again.journal.write(cut(1))
        try again.journal.write(whole)
        let last = try open().recovered[0]
        #expect(!last.isDamaged && last.state?.votedFor == 3)
    }

    @Test func aCutBelowTheSnapshotTakesItsMarkBack() throws {
        let journal = try open().journal
        for index: UInt64 in 1...5 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 5))
        try journal.write(cut(0, term: 0))
        try journal.write(batch(entry(1, 1, term: 3)))
        let again = try open().recovered[0]
        #expect(again.mark == nil)
        #expect(again.entries == [entry(1, 1, term: 3)])
    }

    @Test func aGroupThatBeginsBehindTheDamageHasLostNothing() throws {
        let journal = try open().journal
        for index: UInt64 in 1...3 { try journal.write(batch(entry(1, index))) }
        try journal.write(batch(entry(2, 1)))
        try journal.seal()
        disk.flip(paths[0], at: 64 + 128 + 56 + 20)
        let recovered = try open().recovered
        #expect(recovered.map(\.isDamaged) == [true, false])
        #expect(recovered[1].entries == [entry(2, 1)])
    }

    /// What was replaced by entries that are lost was never committed, whatever is said later.
    @Test func whatIsSaidOfCommitsBehindTheDamageIsNotSaidOfTheEntriesBeforeIt() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1), entry(1, 2), entry(1, 3)))
        try journal.write(batch(entry(1, 2, term: 2)))
        var later = state(1, term: 2, vote: 3)
        later.states[0].state.commitIndex = LogIndex(2)
        try journal.write(later)
        disk.flip(paths[0], at: 64 + 192 + 56 + 20)
        let group = try open().recovered[0]
        #expect(group.entries.map(\.term) == [Term(1), Term(1), Term(1)])
        #expect(group.state?.term == Term(2))
        #expect(group.state?.commitIndex == .zero)
    }

    @Test func damageToTheLastBatchesLeavesNoNumberToBeUsedTwice() throws {
        let journal = try open().journal
        for index: UInt64 in 1...3 { try journal.write(batch(entry(1, index))) }
        try journal.seal()
        // The third batch, and the body of none behind it; the seal says that it was durable.
        for place in [64 + 2 * 128 + 60, 64 + 2 * 128 + 70] { disk.flip(paths[0], at: place) }
        let (again, recovered) = try open()
        #expect(recovered[0].entries.count == 2)
        try again.write(cut(2))
        try again.write(batch(entry(1, 3, term: 2)))
        let last = try open().recovered[0]
        #expect(last.entries.map(\.term) == [Term(1), Term(1), Term(2)])
        #expect(last.isDamaged)
    }

    @Test func filesThatAreMissingCutOffOrWithoutAHeaderAreDamage() throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        let names = paths
        #expect(names.count > 3)
        for name in [names[0], names[1], names[names.count - 1]] {
            disk.flip(name, at: 9)
            let found = try open()
            #expect(found.recovered.allSatisfy { $0.isDamaged }, "\(name)")
            #expect(!found.journal.damages.isEmpty)
            #expect(paths == names)
            disk.flip(name, at: 9)
        }
        #expect(try open().recovered[0].entries.count == 200)
        try disk.delete(names[1])
        #expect(try open().recovered[0].isDamaged)
    }

    /// What a start finds is what was written, or a damaged part of it, or a tail that a crash may
    /// have torn: never anything else.
    @Test func eachByteOfASmallJournalFlippedIsToldOrDoesNoHarm() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 1, vote: 2))
        for index: UInt64 in 1...6 { try journal.write(batch(entry(1, index))) }
        try journal.write(batch(entry(1, 5, term: 2), entry(1, 6, term: 2)))
        try journal.seal()
        let path = paths[0]
        let used = try #require(disk.files[path]?.bytes.lastIndex { $0 != 0 })
        let right = try open().recovered
        let bytes = try #require(disk.files[path]?.bytes)
        var told = 0
        for place in 0...used {
            disk.flip(path, at: place)
            let found = try open()
            // With what the start has erased, if it took it for a torn tail.
            disk.restore(path, bytes)
            if found.recovered == right { continue }
            told += 1
            let group = found.recovered.first
            #expect(group?.isDamaged != false, "byte \(place)")
            let entries = group?.entries ?? []
            #expect(isPrefix(entries), "byte \(place): \(entries)")
            #expect(!found.journal.damages.isEmpty, "byte \(place)")
        }
        #expect(told > used / 2)
    }

    private func isPrefix(_ entries: [JournalEntry]) -> Bool {
        let first = (1...6).map { entry(1, UInt64($0)) }
        let second = first.prefix(4) + [entry(1, 5, term: 2), entry(1, 6, term: 2)]
        return entries == Array(first.prefix(entries.count))
            || entries == Array(second.prefix(entries.count))
    }

    @Test func aFileOfTheFirstFormatIsReadAndNotWrittenTo() throws {
        let journal = try open().journal
        try journal.write(batch(entry(1, 1)))
        let path = paths[0]
        let file = try disk.open(path, .readWrite)
        var head = ByteWriter()
        head.slice(ByteSlice(try disk.read(file, at: 0, count: 8)))
        head.integer(UInt32(1))
        head.slice(ByteSlice(try disk.read(file, at: 12, count: 28)))
        head.integer(CRC32C.of(head.slice))
        try disk.write(file, at: 0, [head.slice])
        try disk.sync(file)
        let before = disk.files[path]?.bytes
        let again = try open()
        #expect(again.recovered[0].entries == [entry(1, 1)])
        try again.journal.write(batch(entry(1, 2)))
        let isUntouched = disk.files[path]?.bytes == before
        #expect(isUntouched)
        #expect(try open().recovered[0].entries.count == 2)
    }
}
