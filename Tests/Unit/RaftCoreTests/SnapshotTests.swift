import Bytes
import Model
import RaftCore
import Testing

@Suite struct SnapshotTests {
    let settings: RaftSettings = {
        var settings = RaftSettings()
        settings.catchUpEntries = 1
        return settings
    }()

    private func mark(_ index: UInt64, term: UInt64) -> SnapshotMark {
        SnapshotMark(
            index: LogIndex(index),
            term: Term(term),
            configuration: GroupConfiguration(voters: [one, two, three])
        )
    }

    /// A leader whose log begins at index 4, as entries up to 4 are in its snapshot.
    private func compactedLeader() -> Raft {
        var raft = settledLeader(settings: settings)
        for _ in 0..<3 { _ = raft.propose("x", kind: .command) }
        _ = raft.settle()
        raft.hear(.accepted(4), from: two)
        _ = raft.settle()
        raft.snapshotTaken(mark(4, term: 1))
        return raft
    }

    @Test func aSnapshotLetsTheLogGoButForAStretch() {
        let raft = compactedLeader()
        #expect(raft.firstIndex == LogIndex(4))
        #expect(raft.term(at: LogIndex(3)) == Term(1))
        #expect(raft.term(at: LogIndex(2)) == nil)
        #expect(raft.snapshot.index == LogIndex(4))
    }

    @Test func aFollowerWhoseNextEntryIsGoneGetsTheSnapshot() {
        var raft = compactedLeader()
        raft.hear(.rejected(4, hint: 1, term: 1), from: three)
        #expect(raft.settle().to(three) == [.installSnapshot(mark(4, term: 1))])
        _ = raft.propose("y", kind: .command)
        #expect(raft.settle().to(three).isEmpty)
        raft.hear(.accepted(4), from: three)
        #expect(
            raft.settle().to(three) == [
                .entries([entry(5, term: 1, "y")], after: 4, of: 1, commit: 4)
            ]
        )
    }

    @Test func aDeliveredSnapshotIsFollowedByItsAnswer() {
        var raft = compactedLeader()
        raft.hear(.rejected(4, hint: 1, term: 1), from: three)
        _ = raft.settle()
        raft.snapshotSent(to: three, delivered: true)
        #expect(raft.settle().to(three).isEmpty)
        raft.hear(.beatReply(), from: three)
        #expect(raft.settle().to(three) == [.entries(after: 4, of: 1, commit: 4)])
    }

    @Test func aFailedSnapshotIsSentAgainOnceTheFollowerIsHeard() {
        var raft = compactedLeader()
        raft.hear(.rejected(4, hint: 1, term: 1), from: three)
        _ = raft.settle()
        raft.snapshotSent(to: three, delivered: false)
        #expect(raft.settle().to(three).isEmpty)
        raft.hear(.beatReply(), from: three)
        #expect(raft.settle().to(three) == [.installSnapshot(mark(4, term: 1))])
    }

    @Test func aReceivedSnapshotReplacesALogThatDiffers() {
        var raft = replica(log: log(1, 1, 2, 2))
        raft.snapshotReceived(mark(3, term: 5), from: two, term: Term(5))
        #expect(raft.firstIndex == LogIndex(4))
        #expect(raft.lastIndex == LogIndex(3))
        #expect(raft.commitIndex == LogIndex(3))
        #expect(raft.appliedIndex == LogIndex(3))
        #expect(raft.term(at: LogIndex(3)) == Term(5))
        #expect(raft.leader == two)
        #expect(raft.settle().to(two) == [.accepted(3)])
    }

    @Test func aReceivedSnapshotKeepsTheEntriesBehindItThatAgree() {
        var raft = replica(log: log(1, 1, 2, 2))
        raft.snapshotReceived(mark(3, term: 2), from: two, term: Term(2))
        #expect(raft.terms == [2])
        #expect(raft.lastIndex == LogIndex(4))
        #expect(raft.durableIndex == LogIndex(4))
        #expect(raft.settle().to(two) == [.accepted(3)])
    }

    @Test func aSnapshotThatIsNotNewerIsAnsweredAtOnce() {
        var raft = replica(log: log(1, 1))
        raft.hear(.beat(commit: 2), from: two)
        _ = raft.settle()
        raft.hear(.installSnapshot(mark(1, term: 1)), from: two)
        #expect(raft.settle().to(two) == [.accepted(2)])
        raft.snapshotReceived(mark(1, term: 1), from: two, term: Term(1))
        #expect(raft.terms == [1, 1])
        #expect(raft.settle().to(two) == [.accepted(2)])
    }

    @Test func writesThatASnapshotOvertookVouchForNothing() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1), entry(2, term: 1), entry(3, term: 1)]), from: two)
        let early = try #require(raft.takeReady().persist)
        raft.snapshotReceived(mark(2, term: 2), from: three, term: Term(2))
        raft.hear(.entries([entry(3, term: 2)], after: 2, of: 2), from: three)
        let late = try #require(raft.takeReady().persist)
        raft.persisted(early.receipt)
        #expect(raft.durableIndex == LogIndex(2))
        raft.persisted(late.receipt)
        #expect(raft.durableIndex == LogIndex(3))
    }

    @Test func aSnapshotOfAnImpossibleIndexIsIgnored() {
        var raft = replica(log: log(1, 1))
        raft.snapshotReceived(mark(.max, term: 1), from: two, term: Term(1))
        raft.snapshotReceived(mark(3, term: 9), from: two, term: Term(1))
        raft.hear(.installSnapshot(mark(.max, term: 1)), from: two)
        #expect(raft.terms == [1, 1])
    }

    @Test func aReplicaWhoseTermWasLostResumesWithItsSnapshots() {
        var restored = RestoredReplica(bootstrap: GroupConfiguration(voters: [one, two, three]))
        restored.hardState = HardState(term: Term(1), votedFor: two, commitIndex: .zero)
        restored.snapshot = mark(9, term: 4)
        let raft = Raft(replica: one, restored: restored, settings: settings, seed: 1)
        #expect(raft.term == Term(4))
        #expect(raft.votedFor == nil)
        #expect(raft.commitIndex == LogIndex(9))
    }
}
