import Bytes
import Environment
import Journal
import Model
import Testing

/// Groups that are no more.
@Suite struct DroppingTests {
    private let disk = MemoryDisk()

    private func open() throws -> (journal: Journal<MemoryDisk>, recovered: [RecoveredGroup]) {
        try Journal.open(on: disk, in: "journal", settings: small())
    }

    private func recovered() throws -> [RecoveredGroup] {
        disk.crash()
        return try open().recovered
    }

    /// What a start finds of a group's log.
    private func entries(of group: UInt64) throws -> [JournalEntry] {
        try recovered().first { $0.group == GroupID(group) }?.entries ?? []
    }

    @Test func aDroppedGroupKeepsNoFile() throws {
        let journal = try open().journal
        try journal.write(batch(entry(2, 1)))
        for index: UInt64 in 1...200 { try journal.write(batch(entry(1, index))) }
        try journal.write(mark(1, 200))
        try journal.release(GroupID(1), upTo: LogIndex(200))
        #expect(journal.oldestPinning == [GroupID(2)])
        #expect(try journal.drop(GroupID(2)))
        #expect(journal.fileCount <= 2)
        #expect(try entries(of: 2).isEmpty)
    }

    @Test func aGroupOfWhichOnlyTheEndIsLeftMeansNothing() throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(2, index))) }
        try journal.write(batch(entry(1, 1)))
        #expect(try journal.drop(GroupID(2)))
        let groups = try recovered()
        #expect(groups.first { $0.group == GroupID(1) }?.entries == [entry(1, 1)])
        #expect(groups.first { $0.group == GroupID(2) }?.entries.isEmpty ?? true)
    }

    @Test func aGroupMayBeDroppedAgainByTheNextStart() throws {
        let journal = try open().journal
        for index: UInt64 in 1...200 { try journal.write(batch(entry(2, index))) }
        #expect(try journal.drop(GroupID(2)))
        disk.crash()
        let again = try open().journal
        #expect(try again.drop(GroupID(2)))
        for index: UInt64 in 1...200 { try again.write(batch(entry(1, index))) }
        try again.write(mark(1, 200))
        try again.release(GroupID(1), upTo: LogIndex(200))
        #expect(again.fileCount <= 2)
        #expect(try entries(of: 2).isEmpty)
    }

    /// Its snapshots may be gone by then, so its mark must not be taken for theirs.
    @Test(arguments: [false, true]) func aStartKnowsThatAGroupWasDropped(isRolled: Bool) throws {
        let journal = try open().journal
        try journal.write(batch(entry(2, 1)))
        try journal.write(mark(2, 1))
        // A file whose head has the mark alone.
        if isRolled {
            for index: UInt64 in 1...60 { try journal.write(batch(entry(1, index))) }
            try journal.write(mark(1, 40))
            try journal.release(GroupID(2), upTo: LogIndex(1))
            try journal.release(GroupID(1), upTo: LogIndex(40))
        }
        #expect(try journal.drop(GroupID(2)))
        let group = try #require(try recovered().first { $0.group == GroupID(2) })
        #expect(group.isDropped)
        #expect(group.entries.isEmpty)
    }

    @Test func aFullDiskDoesNotKnowIt() throws {
        let journal = try open().journal
        try journal.write(batch(entry(2, 1)))
        disk.capacity = 0
        var index: UInt64 = 2
        while (try? journal.append(batch(entry(2, index)))) != nil { index += 1 }
        let isKnown = try journal.drop(GroupID(2))
        #expect(!isKnown)
        disk.capacity = .max
        #expect(try journal.drop(GroupID(2)))
        #expect(try recovered().first { $0.group == GroupID(2) }?.isDropped == true)
    }

    @Test func itsSnapshotsAreDeleted() throws {
        let store = try SnapshotStore(on: disk, in: "groups", settings: small())
        let writer = try store.begin(
            group: GroupID(1024),
            index: LogIndex(7),
            term: Term(1),
            metadata: .empty
        )
        try writer.finish()
        #expect(try store.groups() == [GroupID(1024)])
        try store.drop(GroupID(1024))
        #expect(try store.latest(of: GroupID(1024)) == nil)
    }
}
