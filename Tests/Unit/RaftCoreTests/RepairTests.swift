import Bytes
import Model
import RaftCore
import Testing

/// A replica whose disk has lost something, and the leader that makes it whole again.
@Suite struct RepairTests {
    private func damaged(
        of voters: [ReplicaID] = [one, two, three],
        term: UInt64 = 1,
        log entries: [Entry] = [],
        repair: UInt64 = 7
    ) -> Raft {
        var restored = RestoredReplica(bootstrap: GroupConfiguration(voters: voters))
        restored.hardState = HardState(term: Term(term), votedFor: nil, commitIndex: .zero)
        restored.entries = entries
        restored.repair = RepairID(repair)
        return Raft(replica: one, restored: restored, settings: RaftSettings(), seed: 7)
    }

    private func repairing(_ held: UInt64, repair: UInt64 = 7) -> Message.Body {
        .repairing(RepairProgress(repair: RepairID(repair), heldIndex: LogIndex(held)))
    }

    private func point(_ index: UInt64, repair: UInt64 = 7) -> Message.Body {
        .repairPoint(RepairPoint(repair: RepairID(repair), index: LogIndex(index)))
    }

    @Test func aDamagedReplicaDoesNotStandForElection() {
        var raft = damaged()
        raft.tick(50)
        #expect(raft.role == .follower)
        raft.hear(.timeoutNow, from: two)
        #expect(raft.settle().isEmpty)
    }

    @Test(arguments: [true, false])
    func aDamagedReplicaGivesNoVote(isPreVote: Bool) {
        var raft = damaged()
        let candidacy = Message.Body.candidacy(isPreVote: isPreVote, lastIndex: 90, lastTerm: 9)
        raft.hear(candidacy, from: two, term: 10)
        raft.hear(candidacy, from: two, term: 0)
        #expect(raft.settle().isEmpty)
        #expect(raft.term == Term(1))
    }

    @Test func whatItSaysOfItsLogWaitsForTheDiskAndCountsForNothing() {
        var raft = damaged()
        raft.hear(.entries(log(1, 1), commit: 1), from: two)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        #expect(ready.persist?.messages.to(two) == [repairing(2)])
        if let receipt = ready.persist?.receipt { raft.persisted(receipt) }
        raft.hear(.beat(commit: 1, round: 3), from: two)
        #expect(raft.settle().to(two) == [repairing(1)])
    }

    /// It acknowledged others in their place, which the leader speaks of, and has lost them.
    @Test func entriesThatAHeartbeatCallsCommittedMayBeOthers() {
        var raft = damaged(log: log(1, 1, 1))
        raft.hear(.beat(commit: 3), from: two, term: 2)
        #expect(raft.settle().to(two) == [repairing(0)])
        #expect(raft.commitIndex == .zero)
        raft.hear(.entries([entry(2, term: 2)], after: 1, of: 1, commit: 2), from: two)
        _ = raft.settle()
        #expect(raft.commitIndex == LogIndex(2))
    }

    @Test func theRepairEndsOnceItsPointIsOnDisk() {
        var raft = damaged()
        raft.hear(.entries(log(1, 1, 1)), from: two)
        raft.hear(point(3), from: two)
        #expect(raft.isDamaged)
        let sent = raft.settle()
        #expect(!raft.isDamaged)
        #expect(sent.to(two).contains(.accepted(3)))
        raft.tickUntilCampaign()
        #expect(raft.role == .preCandidate)
    }

    @Test func thePointMustBeTheEntryThatTheLeaderMeant() {
        var raft = damaged(log: log(1, 1, 1))
        raft.hear(point(3), from: two, term: 2)
        _ = raft.settle()
        #expect(raft.isDamaged)
        raft.hear(.entries([entry(3, term: 2)], after: 2, of: 1), from: two)
        _ = raft.settle()
        #expect(!raft.isDamaged)
    }

    @Test func aPointOfAnEarlierRepairEndsNothing() {
        var raft = damaged(log: log(1, 1, 1))
        raft.hear(point(1, repair: 6), from: two)
        _ = raft.settle()
        #expect(raft.isDamaged)
    }

    @Test func anEarlierLeadersPointEndsNothingAsTheNextOneWaitsForItsOwn() {
        var raft = damaged()
        raft.hear(point(3), from: two)
        raft.hear(.entries(log(1, 1, 1)), from: three, term: 2)
        _ = raft.settle()
        #expect(raft.isDamaged)
        raft.hear(.entries([entry(4, term: 2)], after: 3, of: 1), from: three)
        raft.hear(point(4), from: three)
        #expect(raft.settle().to(three).contains(.accepted(4)))
        #expect(!raft.isDamaged)
    }

    @Test func aLostWordOfTheRepairsEndIsMadeUpForByTheNextAnswer() {
        var raft = damaged()
        raft.hear(.entries(log(1, 1, 1)), from: two)
        raft.hear(point(3), from: two)
        _ = raft.settle()
        // The leader does not know, and asks where the logs agree.
        raft.hear(.entries([], after: 1, of: 1), from: two)
        #expect(raft.settle().to(two) == [.accepted(3)])
        // The next leader's log may differ behind what it asks about.
        raft.hear(.entries([], after: 1, of: 1), from: three, term: 2)
        #expect(raft.settle().to(three) == [.accepted(1)])
    }

    @Test func aSnapshotBeyondThePointEndsTheRepair() {
        var raft = damaged()
        raft.hear(point(3), from: two)
        let mark = SnapshotMark(
            index: LogIndex(8),
            term: Term(1),
            configuration: GroupConfiguration(voters: [one, two, three])
        )
        raft.snapshotReceived(mark, from: two, term: Term(1))
        #expect(!raft.isDamaged)
    }

    /// The leader has its acknowledgement of all; it has lost all but the first entry.
    private func leaderOfDamaged() -> Raft {
        var raft = leader(log: log(1, 1, 1, 1))
        _ = raft.settle()
        raft.hear(.accepted(5), from: two)
        _ = raft.settle()
        raft.hear(repairing(1), from: two)
        return raft
    }

    @Test func theLeaderSendsWhatIsLostAgainThoughItWasAcknowledged() {
        var raft = leaderOfDamaged()
        let appends = raft.settle().filter { $0.target == two }.appends
        #expect(appends.first?.previousIndex == LogIndex(1))
        #expect(appends.first?.entries.map(\.index.number) == [2, 3, 4, 5, 6])
        #expect(raft.lastIndex == LogIndex(6))
    }

    @Test func whatADamagedReplicaHoldsCountsForNoMajority() {
        var raft = leaderOfDamaged()
        _ = raft.settle()
        let before = raft.commitIndex
        raft.hear(repairing(6), from: two)
        _ = raft.settle()
        #expect(raft.commitIndex == before)
        raft.hear(.accepted(6), from: three)
        #expect(raft.commitIndex == LogIndex(6))
    }

    @Test func thePointIsToldOnceOthersHaveCommittedIt() {
        var raft = leaderOfDamaged()
        _ = raft.settle()
        raft.hear(repairing(4), from: two)
        #expect(!raft.settle().to(two).contains(point(6)))
        raft.hear(.accepted(6), from: three)
        raft.hear(repairing(4), from: two)
        #expect(raft.settle().to(two).contains(point(6)))
    }

    @Test func anAcknowledgementFromBeforeTheRestartEndsNoRepair() {
        var raft = leaderOfDamaged()
        _ = raft.settle()
        raft.hear(.accepted(5), from: two)
        raft.hear(.accepted(4), from: two)
        _ = raft.settle()
        raft.hear(repairing(6), from: two)
        #expect(raft.commitIndex < LogIndex(6))
        // Only a replica that is whole acknowledges the point itself.
        raft.hear(.accepted(6), from: two)
        #expect(raft.commitIndex == LogIndex(6))
    }

    @Test func anEarlierLifesRepairIsIgnored() {
        var raft = leaderOfDamaged()
        raft.hear(repairing(0, repair: 6), from: two)
        _ = raft.settle()
        #expect(raft.lastIndex == LogIndex(6))
    }

    @Test func aDamagedReplicaIsNoSuccessor() {
        var raft = leaderOfDamaged()
        _ = raft.settle()
        raft.hear(repairing(6), from: two)
        #expect(raft.transferLeadership(to: two) == .begun)
        #expect(!raft.settle().to(two).contains(.timeoutNow))
        #expect(raft.likelySuccessor != two)
    }
}
