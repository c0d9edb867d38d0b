import Bytes
import Groups
import Journal
import Model
import Testing

@testable import Simulation

/// A process that dies, and not the machine, leaves in the cache what is not on the disk.
@Suite struct CacheTests {
    private func disk(seed: UInt64) -> SimulatedDisk {
        SimulatedDisk(random: SeededGenerator(seed: seed, subsystem: "test"))
    }

    private func batch(_ index: UInt64) -> JournalBatch {
        var batch = JournalBatch()
        batch.entries = [
            JournalEntry(
                group: GroupID(1),
                index: LogIndex(index),
                term: Term(1),
                kind: 0,
                payload: "entry"
            )
        ]
        return batch
    }

    private func recovered(_ disk: SimulatedDisk) throws -> [RecoveredGroup] {
        try Journal.open(on: disk, in: "journal", settings: JournalSettings()).recovered
    }

    @Test(arguments: UInt64(0)..<20)
    func whatRecoveryTellsStaysThoughTheCacheTookItForCleanAfterAFailedSync(seed: UInt64) throws {
        let disk = disk(seed: seed)
        let journal = try Journal.open(on: disk, in: "journal", settings: JournalSettings()).journal
        try journal.append(batch(1))
        try journal.sync()
        try journal.append(batch(2))
        disk.faults.syncFault = .seemsClean
        #expect(throws: JournalError.self) { try journal.sync() }
        disk.restart()
        let told = try recovered(disk)
        disk.losePower()
        #expect(try recovered(disk) == told)
    }

    @Test(arguments: UInt64(0)..<20)
    func aSnapshotThatAStartHasSeenKeepsItsName(seed: UInt64) throws {
        let disk = disk(seed: seed)
        let settings = JournalSettings()
        let store = try SnapshotStore(on: disk, in: "groups", settings: settings)
        let writer = try store.begin(
            group: GroupID(1),
            index: LogIndex(7),
            term: Term(1),
            metadata: .empty
        )
        try writer.append("chunk")
        disk.armed = ArmedFaultPoint(point: .snapshotNamed, isAfter: true, losesPower: false)
        #expect(throws: JournalError.self) { try writer.finish() }
        disk.restart()
        let seen = try SnapshotStore(on: disk, in: "groups", settings: settings)
            .latest(of: GroupID(1))
        #expect(seen?.index == LogIndex(7))
        disk.losePower()
        let kept = try SnapshotStore(on: disk, in: "groups", settings: settings)
            .latest(of: GroupID(1))
        #expect(kept?.index == LogIndex(7))
    }
}
