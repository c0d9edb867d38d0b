import Bytes
import Model
import RaftCore
import Testing

/// Changes of who votes and who learns (thesis §4).
@Suite struct MembershipTests {
    @Test func aChangeOfVotersIsInForceWithItsEntryAndNeedsBothMajorities() {
        var raft = settledLeader()
        #expect(raft.changeMembers(voters: [one, four, five], learners: []) == .begun(LogIndex(2)))
        let joint = GroupConfiguration(
            voters: [one, four, five],
            outgoingVoters: [one, two, three]
        )
        #expect(raft.configuration == joint)
        #expect(raft.configuration(at: LogIndex(1)).voters == [one, two, three])
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        #expect(raft.commitIndex == LogIndex(1))
        raft.hear(.accepted(2), from: four)
        #expect(raft.commitIndex == LogIndex(2))
    }

    @Test func theLeaderLeavesTheJointConfigurationByItself() {
        var raft = settledLeader()
        _ = raft.changeMembers(voters: [one, two, four], learners: [])
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        #expect(raft.lastIndex == LogIndex(3))
        #expect(raft.configuration == GroupConfiguration(voters: [one, two, four]))
        #expect(!raft.isSettled)
        _ = raft.settle()
        raft.hear(.accepted(3), from: four)
        #expect(raft.isSettled)
    }

    @Test func learnersChangeInOneStep() {
        var raft = settledLeader()
        #expect(
            raft.changeMembers(voters: [one, two, three], learners: [four]) == .begun(LogIndex(2))
        )
        #expect(!raft.configuration.isJoint)
        #expect(raft.settle().to(four).contains { if case .append = $0 { true } else { false } })
        raft.hear(.accepted(2), from: four)
        #expect(raft.commitIndex == LogIndex(1))
        raft.hear(.accepted(2), from: three)
        #expect(raft.isSettled)
    }

    @Test func oneChangeAtATime() {
        var raft = settledLeader()
        _ = raft.changeMembers(voters: [one, two, three], learners: [four])
        #expect(raft.changeMembers(voters: [one, two], learners: []) == .changeUnderWay)
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        #expect(raft.changeMembers(voters: [one, two], learners: []) == .begun(LogIndex(3)))
    }

    @Test func aLeaderWaitsForAnEntryOfItsOwnTerm() {
        var raft = leader()
        #expect(raft.changeMembers(voters: [one, two], learners: []) == .tooEarly)
        _ = raft.settle()
        raft.hear(.accepted(1), from: two)
        #expect(raft.changeMembers(voters: [one, two], learners: []) == .begun(LogIndex(2)))
    }

    @Test func aGroupNeedsAVoterAndNobodyHasTwoParts() {
        var raft = settledLeader()
        #expect(raft.changeMembers(voters: [], learners: [one]) == .notAGroup)
        #expect(raft.changeMembers(voters: [one, one], learners: []) == .notAGroup)
        #expect(raft.changeMembers(voters: [one, two], learners: [two]) == .notAGroup)
        #expect(raft.changeMembers(voters: [three, two, one], learners: []) == .unchanged)
    }

    @Test func onlyALeaderThatDoesNotHandOverChangesMembers() {
        var follower = replica()
        #expect(follower.changeMembers(voters: [one], learners: []) == .notLeader(nil))
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        #expect(raft.changeMembers(voters: [one], learners: []) == .changeUnderWay)
    }

    @Test func aFollowerUsesTheConfigurationBeforeItIsCommitted() {
        var raft = replica(two)
        let entry = members(1, term: 1, [one, two, four], outgoing: [one, two, three])
        raft.hear(.entries([entry]), from: one, term: 1)
        #expect(raft.configuration.outgoingVoters == [one, two, three])
        #expect(raft.commitIndex == .zero)
    }

    @Test func aChangeThatIsCutOffIsInForceNoLonger() {
        var raft = replica(two)
        let entry = members(1, term: 1, [one, two, four], outgoing: [one, two, three])
        raft.hear(.entries([entry]), from: one, term: 1)
        raft.hear(.entries([RaftCoreTests.entry(1, term: 2)]), from: three, term: 2)
        #expect(raft.configuration == GroupConfiguration(voters: [one, two, three]))
        #expect(raft.configurationIndex == .zero)
    }

    @Test func theLogTellsTheConfigurationAfterARestart() {
        let entries = [
            members(1, term: 1, [one, two, four], outgoing: [one, two, three]),
            members(2, term: 1, [one, two, four]),
        ]
        let raft = replica(log: entries)
        #expect(raft.configuration == GroupConfiguration(voters: [one, two, four]))
        #expect(raft.configuration(at: LogIndex(1)).isJoint)
        #expect(raft.configuration(at: .zero).voters == [one, two, three])
    }

    @Test func aReceivedSnapshotBringsItsConfiguration() {
        var raft = replica(four, of: [])
        let mark = SnapshotMark(
            index: LogIndex(9),
            term: Term(2),
            configuration: GroupConfiguration(voters: [one, two], learners: [four])
        )
        #expect(raft.role == .learner)
        raft.snapshotReceived(mark, from: one, term: Term(2))
        #expect(raft.configuration == mark.configuration)
        #expect(raft.configuration(at: LogIndex(9)) == mark.configuration)
    }

    @Test func aSnapshotWithinTheLogKeepsTheLaterConfiguration() {
        var raft = replica(two)
        let later = members(2, term: 1, [one, two, three], learners: [four])
        raft.hear(.entries([entry(1, term: 1), later]), from: one, term: 1)
        _ = raft.settle()
        let mark = SnapshotMark(
            index: LogIndex(1),
            term: Term(1),
            configuration: GroupConfiguration(voters: [one, two, three])
        )
        raft.snapshotReceived(mark, from: one, term: Term(1))
        #expect(raft.configuration.learners == [four])
    }

    @Test func whoIsToLeaveStandsForElectionUntilThatIsCommitted() {
        // By this log it votes no more, and nobody else may hold the entry that says so.
        let entries = [
            members(1, term: 1, [two, three], outgoing: [one, two, three]),
            members(2, term: 1, [two, three]),
        ]
        var raft = replica(log: entries)
        raft.tick(25)
        #expect(raft.role == .preCandidate)
        raft.hear(.vote(isPreVote: true), from: two, term: 2)
        #expect(raft.role == .preCandidate, "its own vote does not count")
        raft.hear(.vote(isPreVote: true), from: three, term: 2)
        #expect(raft.role == .candidate)
    }

    @Test func aNewLeaderConcludesWhatAnotherBegan() {
        let joint = members(2, term: 1, [one, two, four], outgoing: [one, two, three])
        var raft = leader(two, of: [one, two, three], log: [entry(1, term: 1), joint])
        raft.hear(.vote(), from: four)
        #expect(raft.role == .leader)
        _ = raft.settle()
        raft.hear(.accepted(3), from: one)
        #expect(raft.lastIndex == LogIndex(4))
        #expect(raft.configuration == GroupConfiguration(voters: [one, two, four]))
    }

    @Test func anElectionInAJointChangeNeedsBothMajorities() {
        let joint = members(1, term: 1, [two, four, five], outgoing: [one, two, three])
        var raft = replica(two, log: [joint])
        raft.tickUntilCampaign()
        _ = raft.settle()
        raft.hear(.vote(isPreVote: true), from: one, term: 2)
        raft.hear(.vote(isPreVote: true), from: three, term: 2)
        #expect(raft.role == .preCandidate)
        raft.hear(.vote(isPreVote: true), from: five, term: 2)
        #expect(raft.role == .candidate)
    }

    @Test func aLeaderThatRemovesItselfStepsDownOnceThatIsCommitted() {
        var raft = settledLeader()
        _ = raft.changeMembers(voters: [two, three], learners: [])
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        raft.hear(.accepted(2), from: three)
        #expect(raft.configuration == GroupConfiguration(voters: [two, three]))
        _ = raft.settle()
        raft.hear(.accepted(3), from: two)
        #expect(raft.role == .leader)
        raft.hear(.accepted(3), from: three)
        #expect(raft.role == .learner)
        #expect(raft.settle().contains { $0.body == .timeoutNow })
    }

    @Test func whoeverIsRemovedCampaignsNoMore() {
        var raft = replica(three)
        raft.hear(.entries([members(1, term: 1, [one, two])], commit: 1), from: one, term: 1)
        raft.tick(40)
        #expect(raft.role == .learner)
        #expect(raft.term == Term(1))
    }

    @Test func aSpareWaitsUntilItIsTold() {
        var raft = replica(four, of: [])
        raft.tick(100)
        #expect(raft.role == .learner)
        #expect(raft.term == .zero)
        raft.hear(
            .entries([members(1, term: 1, [one, two], learners: [four])]),
            from: one,
            term: 1
        )
        #expect(raft.configuration.learners == [four])
    }

    @Test func whoWasAloneGivesTheFirstOtherTimeToLead() {
        var raft = replica(one, of: [one], log: [entry(1, term: 1)])
        raft.hear(.entries([members(2, term: 2, [one, two])], after: 1, of: 1), from: two, term: 2)
        raft.tick(9)
        #expect(raft.role == .follower)
    }

    @Test func aLearnerIsCaughtUpWithNineTenthsOfTheLog() {
        var raft = leader(of: [one, two, three], learners: [four], log: logOf(99))
        _ = raft.settle()
        #expect(!raft.isCaughtUp(four))
        raft.hear(.accepted(89), from: four)
        #expect(!raft.isCaughtUp(four))
        raft.hear(.accepted(90), from: four)
        #expect(raft.isCaughtUp(four))
        raft.hear(.accepted(90), from: two)
        raft.tick(10)
        raft.hear(.accepted(90), from: two)
        raft.tick(10)
        #expect(!raft.isCaughtUp(four), "it was not heard for two election timeouts")
        #expect(!replica().isCaughtUp(two))
    }

    @Test func aTransferToAVoterThatIsRemovedEnds() {
        var raft = settledLeader()
        _ = raft.changeMembers(voters: [one, three], learners: [])
        #expect(raft.transferLeadership(to: two) == .notVoter)
        #expect(raft.likelySuccessor(among: [two]) == nil)
    }

    @Test func aConfigurationSurvivesItsBytes() throws {
        let configuration = GroupConfiguration(
            voters: [one, two],
            outgoingVoters: [three],
            learners: [four, five]
        )
        #expect(try GroupConfiguration(decoding: configuration.encoded) == configuration)
        for count in 0..<configuration.encoded.count {
            #expect(throws: DecodeError.self) {
                try GroupConfiguration(decoding: configuration.encoded[0..<count])
            }
        }
    }

    @Test func anEntryThatSaysNothingSensibleChangesNothing() {
        var raft = replica(two)
        let garbage = Entry(
            index: LogIndex(1),
            term: Term(1),
            kind: .configuration,
            payload: ByteSlice("x")
        )
        raft.hear(.entries([garbage]), from: one, term: 1)
        #expect(raft.configuration == GroupConfiguration(voters: [one, two, three]))
    }
}

/// A leader of three whose first entry is committed.
private func settledLeader() -> Raft {
    var raft = leader()
    _ = raft.settle()
    raft.hear(.accepted(1), from: two)
    _ = raft.settle()
    return raft
}

private func members(
    _ index: UInt64,
    term: UInt64,
    _ voters: [ReplicaID],
    outgoing: [ReplicaID] = [],
    learners: [ReplicaID] = []
) -> Entry {
    Entry(
        index: LogIndex(index),
        term: Term(term),
        kind: .configuration,
        payload: GroupConfiguration(
            voters: voters,
            outgoingVoters: outgoing,
            learners: learners
        ).encoded
    )
}

private func logOf(_ count: UInt64) -> [Entry] { (1...count).map { entry($0, term: 1) } }
