import Bytes
import Model
import RaftCore
import Testing

/// Leadership transfer (thesis §3.10).
@Suite struct TransferTests {
    @Test func aSuccessorThatHasAllIsToldAtOnce() {
        var raft = settledLeader()
        raft.hear(.accepted(1), from: two)
        _ = raft.settle()
        #expect(raft.transferLeadership(to: two) == .begun)
        #expect(raft.settle().to(two) == [.timeoutNow])
        #expect(raft.successor == two)
    }

    @Test func aSuccessorIsBroughtUpToDateFirst() {
        var raft = settledLeader()
        _ = raft.propose("a", kind: .command)
        _ = raft.settle()
        #expect(raft.transferLeadership(to: two) == .begun)
        #expect(!raft.settle().to(two).contains(.timeoutNow))
        raft.hear(.accepted(2), from: two)
        #expect(raft.settle().to(two).contains(.timeoutNow))
    }

    @Test func aLeaderThatHandsOverTakesNoProposals() {
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        #expect(raft.propose("a", kind: .command) == .handingOver(to: two))
        #expect(raft.lastIndex == LogIndex(1))
    }

    @Test func aTransferIsGivenUpAfterAnElectionTimeout() {
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        for _ in 0..<9 {
            raft.hear(.beatReply(), from: three)
            raft.tick()
        }
        #expect(raft.successor == two)
        raft.tick()
        #expect(raft.successor == nil)
        #expect(raft.role == .leader)
        #expect(raft.propose("a", kind: .command) == .accepted(LogIndex(2)))
    }

    @Test func aLostSummonsIsRepeatedWithTheHeartbeat() {
        var raft = settledLeader()
        raft.hear(.accepted(1), from: two)
        _ = raft.transferLeadership(to: two)
        #expect(raft.settle().to(two).contains(.timeoutNow))
        #expect(!raft.settle().to(two).contains(.timeoutNow))
        raft.tick()
        #expect(raft.settle().to(two).contains(.timeoutNow))
    }

    @Test func toHandOverToItselfIsDoneAlreadyAndEndsATransfer() {
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        #expect(raft.transferLeadership(to: one) == .leadsAlready)
        #expect(raft.successor == nil)
    }

    @Test func aLearnerOrAStrangerCannotSucceed() {
        var raft = leader(of: [one, two], learners: [three])
        #expect(raft.transferLeadership(to: three) == .notVoter)
        #expect(raft.transferLeadership(to: five) == .notVoter)
        #expect(raft.successor == nil)
    }

    @Test func onlyTheLeaderHandsOver() {
        var raft = replica()
        #expect(raft.transferLeadership(to: two) == .notLeader(nil))
        raft.hear(.beat(), from: three, term: 1)
        #expect(raft.transferLeadership(to: two) == .notLeader(three))
    }

    @Test func aRequestForAnotherTakesTheFirstOnesPlace() {
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        raft.tick(5)
        #expect(raft.transferLeadership(to: three) == .begun)
        #expect(raft.successor == three)
        raft.hear(.accepted(1), from: two)
        #expect(!raft.settle().to(two).contains(.timeoutNow))
        raft.hear(.beatReply(), from: two)
        raft.tick(9)
        #expect(raft.successor == three)
    }

    @Test func aRequestForTheSameOneDoesNotProlongIt() {
        var raft = settledLeader()
        _ = raft.transferLeadership(to: two)
        raft.hear(.beatReply(), from: three)
        raft.tick(5)
        #expect(raft.transferLeadership(to: two) == .begun)
        raft.tick(5)
        #expect(raft.successor == nil)
    }

    @Test func theSuccessorAsksForVotesWithoutAskingWhetherItWouldWin() {
        var raft = replica(two, log: log(1))
        raft.hear(.beat(), from: one)
        raft.hear(.timeoutNow, from: one)
        #expect(raft.role == .candidate)
        let request = RequestVote(
            isPreVote: false,
            isTransfer: true,
            lastIndex: LogIndex(1),
            lastTerm: Term(1)
        )
        #expect(raft.settle().to(three) == [.requestVote(request)])
    }

    @Test func whoHearsTheLeaderVotesForItsSuccessor() {
        var raft = replica(three, log: log(1))
        raft.hear(.beat(), from: one)
        var request = RequestVote(isPreVote: false, lastIndex: LogIndex(1), lastTerm: Term(1))
        raft.hear(.requestVote(request), from: two, term: 2)
        #expect(raft.settle().to(two) == [])
        request.isTransfer = true
        raft.hear(.requestVote(request), from: two, term: 2)
        #expect(raft.settle().to(two) == [.vote()])
    }

    @Test func theSuccessorStillNeedsAnUpToDateLog() {
        var raft = replica(three, log: log(1, 1))
        let request = RequestVote(
            isPreVote: false,
            isTransfer: true,
            lastIndex: LogIndex(1),
            lastTerm: Term(1)
        )
        raft.hear(.requestVote(request), from: two, term: 2)
        #expect(raft.settle().to(two) == [.vote(isGranted: false)])
    }

    @Test func aSummonsOfAnEarlierTermOrToALearnerIsIgnored() {
        var late = replica(two, term: 5)
        late.hear(.timeoutNow, from: one, term: 4)
        #expect(late.role == .follower)
        #expect(late.term == Term(5))
        var learner = replica(three, of: [one, two], learners: [three])
        learner.hear(.timeoutNow, from: one, term: 1)
        #expect(learner.role == .learner)
    }

    @Test func aPreVoteForATransferCannotBe() {
        var raft = replica(three)
        let request = RequestVote(
            isPreVote: true,
            isTransfer: true,
            lastIndex: .zero,
            lastTerm: .zero
        )
        raft.hear(.requestVote(request), from: two, term: 1)
        #expect(raft.settle().isEmpty)
    }

    @Test func theLikelySuccessorLacksTheLeastAndIsThere() {
        var raft = settledLeader()
        #expect(replica().likelySuccessor == nil)
        _ = raft.propose("a", kind: .command)
        _ = raft.settle()
        raft.hear(.accepted(1), from: two)
        raft.hear(.accepted(2), from: three)
        #expect(raft.likelySuccessor == three)
    }

    @Test func aSuccessorIsKnownAlsoRightAfterTheMajorityWasCounted() {
        var raft = settledLeader()
        raft.hear(.accepted(1), from: two)
        raft.hear(.accepted(1), from: three)
        raft.tick(10)
        #expect(raft.role == .leader)
        #expect(raft.likelySuccessor == two)
    }
}
