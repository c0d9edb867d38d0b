import Bytes
import Environment
import Journal
import Model
import Testing

/// What damage has not touched goes on: each group's links say whether a lost batch held something of
/// it.
@Suite struct DamageByGroupTests {
    private let disk = MemoryDisk()

    private func open() throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        var settings = small()
        settings.isRepairable = true
        return try Journal.open(on: disk, in: "journal", settings: settings)
    }

    private var paths: [String] {
        disk.files.keys.filter { $0.contains("/journal-") }.sorted()
    }

    /// One batch of 128 bytes each, by their groups; then the batches at `damaged` are hurt.
    private func recovered(
        _ groups: [UInt64],
        damaged: [Int],
        seals: Bool = true
    ) throws -> [RecoveredGroup] {
        let journal = try open().journal
        for (place, group) in groups.enumerated() {
            let index = groups.prefix(place).count { $0 == group } + 1
            try journal.write(batch(entry(group, UInt64(index))))
        }
        if seals { try journal.seal() }
        for batch in damaged { disk.flip(paths[0], at: 64 + batch * 128 + 56 + 30) }
        return try open().recovered
    }

    @Test func aGroupThatTheDamageDidNotTouchGoesOn() throws {
        let found = try recovered([1, 2, 1, 2, 1, 2], damaged: [2])
        #expect(found.map(\.isDamaged) == [true, false])
        #expect(found[0].entries == [entry(1, 1)])
        #expect(found[1].entries == [entry(2, 1), entry(2, 2), entry(2, 3)])
    }

    @Test func aGroupThatWasNotWrittenSinceIsSparedByTheSeal() throws {
        let found = try recovered([2, 1, 1, 1], damaged: [2])
        #expect(found.map(\.isDamaged) == [true, false])
        #expect(found[1].entries == [entry(2, 1)])
    }

    @Test func aGroupOfWhichNothingIsSaidBehindTheDamageIsDamaged() throws {
        let found = try recovered([2, 1, 1, 1], damaged: [2], seals: false)
        #expect(found.map(\.isDamaged) == [true, true])
    }

    @Test func aGroupWhoseFirstBatchIsLostIsDamaged() throws {
        let found = try recovered([1, 2, 2, 1], damaged: [1])
        #expect(found.map(\.isDamaged) == [false, true])
        #expect(found[1].entries.isEmpty)
    }

    @Test func aLinkToABatchBehindTheDamageDoesNotMakeUpForTheLostOne() throws {
        let found = try recovered([1, 2, 1, 1, 1, 2], damaged: [2])
        #expect(found.map(\.isDamaged) == [true, false])
        #expect(found[0].entries == [entry(1, 1)])
    }

    @Test func eachOfTwoDamagesCostsItsOwnGroup() throws {
        let found = try recovered([1, 2, 3, 1, 2, 3, 1, 2, 3], damaged: [3, 7])
        #expect(found.map(\.isDamaged) == [true, true, false])
        #expect(found[1].entries == [entry(2, 1), entry(2, 2)])
        #expect(found[2].entries.count == 3)
    }

    /// The lost batch may have been the group's last: what is written next must not seem to follow.
    @Test func aGroupStaysDamagedOverFurtherStartsAndRolls() throws {
        _ = try recovered([1, 2, 1, 2, 2], damaged: [2])
        let journal = try open().journal
        for index: UInt64 in 4...80 { try journal.write(batch(entry(2, index))) }
        try journal.seal()
        let again = try open().recovered
        #expect(again.map(\.isDamaged) == [true, false])
        #expect(again[1].entries.count == 80)
    }

    /// The lost batch may have held the first of any group that is not heard of yet; whoever knows
    /// that a group began later says so.
    @Test func aGroupThatBeginsBehindTheDamageIsWholeOnlyIfThatIsSaid() throws {
        _ = try recovered([1, 1, 1], damaged: [1])
        let journal = try open().journal
        let nothing = JournalState(term: .zero, votedFor: 0, commitIndex: .zero)
        var beginning = JournalBatch()
        beginning.states = [JournalGroupState(group: GroupID(3), state: nothing)]
        beginning.cuts = [JournalCut(group: GroupID(3), index: .zero, term: .zero)]
        beginning.standings = [JournalStanding(group: GroupID(3), isWhole: true)]
        try journal.write(beginning)
        for group: UInt64 in 2...3 { try journal.write(batch(entry(group, 1))) }
        try journal.seal()
        let found = try open().recovered
        #expect(found.map(\.isDamaged) == [true, true, false])
        #expect(found[2].entries == [entry(3, 1)])
    }

    /// A vote is lost as an entry is.
    @Test func aLostVoteDamagesItsGroupAlone() throws {
        let journal = try open().journal
        try journal.write(state(1, term: 1))
        try journal.write(state(2, term: 1))
        try journal.write(state(1, term: 2, vote: 3))
        try journal.write(state(2, term: 2, vote: 3))
        try journal.seal()
        disk.flip(paths[0], at: 64 + 2 * 128 + 56 + 30)
        let found = try open().recovered
        #expect(found.map(\.isDamaged) == [true, false])
        #expect(found[1].state?.votedFor == 3)
    }
}
