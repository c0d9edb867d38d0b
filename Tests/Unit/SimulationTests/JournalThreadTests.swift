import Bytes
import Groups
import Journal
import Model
import Testing

@testable import Simulation

@Suite struct JournalThreadTests {
    /// The shard would take it for its append's, and try again what is already under way.
    @Test func aSealThatFindsTheDiskFullIsNoFailedAppend() throws {
        let disk = SimulatedDisk(random: SeededGenerator(seed: 1, subsystem: "test"))
        var settings = JournalSettings()
        settings.fileBytes = 4_096
        let thread = JournalThread(try Journal.open(on: disk, in: "j", settings: settings).journal)
        for index: UInt64 in 1...200 {
            disk.faults.capacity = nil
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
            _ = thread.run(.append(batch))
            disk.faults.capacity = disk.usedBytes
            let completion = thread.seal()
            #expect(completion == nil, "after entry \(index): \(String(describing: completion))")
        }
    }
}
