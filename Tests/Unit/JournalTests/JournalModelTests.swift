import Environment
import Foundation
import Journal
import SystemEnvironment
import Testing

/// Random batches, rolls, releases, full disks, crashes and reopenings against plain values.
@Suite struct JournalModelTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func aCrashLeavesAPrefixThatHasAllThatWasSynced(seed: UInt64) throws {
        try JournalStory.crashes(seed: seed, small(2048 << (seed % 4)))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aFullDiskNowAndThenChangesNothing(seed: UInt64) throws {
        try JournalStory.fullDisks(seed: seed, small())
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aFlippedBitIsToldOrDoesNoHarm(seed: UInt64) throws {
        try JournalStory.flippedBits(seed: seed, small())
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func afterAFailedSyncNothingIsAcknowledged(seed: UInt64) throws {
        try JournalStory.failedSyncs(seed: seed, small())
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theRealDiskDoesAsTheModel(seed: UInt64) throws {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        try JournalStory.restarts(seed: seed, on: SystemDisk(root: root.path), small(8192))
    }

    #if MARTLET_MUTANTS
    /// Each planted bug is found by one of the stories, so that they can fail.
    @Test(arguments: JournalMutant.allCases)
    func everyMutantIsFound(mutant: JournalMutant) {
        var settings = small()
        settings.mutant = mutant
        let found = (1...60 as ClosedRange<UInt64>).first { seed in
            JournalStory.all.contains { story in
                do {
                    try story(seed, settings)
                    return false
                } catch {
                    return true
                }
            }
        }
        #expect(found != nil, "\(mutant) lives")
    }
    #endif
}
