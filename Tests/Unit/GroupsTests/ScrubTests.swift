import Bytes
import Groups
import Journal
import Model
import Testing

/// A shard reads its cold data again, and writes anew what has rotted.
@Suite struct ScrubTests {
    private let cluster = TestCluster(nodes: 1)
    private let damage = JournalError.damaged(path: "journal/journal-1", offset: 64, reason: "rot")

    private var steps: Int {
        cluster[1].scrubSteps
    }

    private func finish(_ finding: ScrubFinding? = nil, isPassDone: Bool = false) {
        var report = ScrubReport()
        report.byteCount = 1_000
        report.finding = finding
        report.isPassDone = isPassDone
        cluster[1].shard.completed(.scrubbed(report))
        cluster.settle()
    }

    private var savedGroups: [GroupID] {
        cluster[1].snapshotJobs.compactMap { job in
            if case .save(let group, _, _) = job { group } else { nil }
        }
    }

    @Test func oneStepASecondIsUnderWayAndARestFollowsThePass() {
        cluster.tick(100)
        #expect(steps == 1, "the next waits for the first to end")
        finish()
        cluster.tick(19)
        #expect(steps == 1)
        cluster.tick(1)
        #expect(steps == 2)
        finish(isPassDone: true)
        cluster.tick(199)
        #expect(steps == 2)
        cluster.tick(1)
        #expect(steps == 3)
        #expect(cluster[1].shard.counters.scrubbedBytes == 2_000)
        #expect(cluster[1].shard.counters.scrubDamages == 0)
    }

    @Test func rotInTheJournalHasTheGroupsTakeSnapshots() {
        _ = cluster.electLeader()
        cluster.put("k", "v", at: 1, as: 1)
        cluster.tick(3)
        #expect(savedGroups.isEmpty)
        finish(.journal(damage))
        #expect(savedGroups.sorted() == [.control, .defaultKeyspace])
        #expect(cluster[1].facts.contains(.rotFound(damage)))
        #expect(cluster[1].shard.counters.scrubDamages == 1)
    }

    /// Nobody need write anything for the rotten file to go.
    @Test func filesGoWithTheBatchThatTellsOfTheSnapshot() throws {
        _ = cluster.electLeader()
        cluster.put("k", "v", at: 1, as: 1)
        cluster.tick(3)
        finish(.journal(damage))
        let saved = cluster[1].snapshotJobs.compactMap { job in
            if case .save(let group, let mark, _) = job { (group, mark) } else { nil }
        }
        cluster[1].released = []
        for (group, mark) in saved {
            cluster[1].shard.completed(.snapshotSaved(group, mark, byteCount: 100))
        }
        cluster.settle()
        #expect(cluster[1].released.sorted() == [.control, .defaultKeyspace])
    }

    @Test func aRottenFileThatNothingHoldsBackGoesAtOnce() {
        finish(.journal(damage))
        #expect(savedGroups.isEmpty)
        #expect(cluster[1].released == [.control])
    }

    @Test func rotInASnapshotHasItsGroupWriteAnother() {
        _ = cluster.electLeader()
        cluster.put("k", "v", at: 1, as: 1)
        cluster.tick(3)
        finish(.snapshot(.defaultKeyspace, damage))
        #expect(savedGroups == [.defaultKeyspace])
    }
}
