import Bytes
import Model
import RaftCore
import Testing

@Suite struct ElectionTests {
    @Test func aReplicaThatHearsNobodyAsksFirstWhetherItWouldWin() {
        var raft = replica()
        raft.tick(9)
        #expect(raft.role == .follower)
        raft.tick(10)
        #expect(raft.role == .preCandidate)
        #expect(raft.term == .zero)
        let sent = raft.settle()
        #expect(sent.to(two) == [.candidacy(isPreVote: true)])
        #expect(sent.map(\.term) == [Term(1), Term(1)])
    }

    @Test func thePreVotesOfAMajorityBeginAnElection() {
        var raft = replica()
        raft.tickUntilCampaign()
        _ = raft.settle()
        raft.hear(.vote(isPreVote: true), from: two, term: 1)
        #expect(raft.role == .candidate)
        #expect(raft.term == Term(1))
        #expect(raft.votedFor == one)
    }

    @Test func aPreVoteForAnotherTermIsNotCounted() {
        var raft = replica(term: 3)
        raft.tickUntilCampaign()
        raft.hear(.vote(isPreVote: true), from: two, term: 3)
        raft.hear(.vote(isPreVote: true), from: three, term: 5)
        #expect(raft.role == .preCandidate)
    }

    @Test func aReplicaAsksForVotesOnlyOnceItsOwnIsOnDisk() throws {
        var raft = replica()
        raft.tickUntilCampaign()
        _ = raft.takeReady()
        raft.hear(.vote(isPreVote: true), from: two, term: 1)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        let persist = try #require(ready.persist)
        #expect(persist.hardState == HardState(term: Term(1), votedFor: one, commitIndex: .zero))
        #expect(persist.messages.map(\.target) == [two, three])
    }

    @Test func aCandidateDoesNotCountItselfBeforeItsVoteIsOnDisk() throws {
        var raft = replica(of: [one])
        raft.tick()
        let persist = try #require(raft.takeReady().persist)
        #expect(raft.role == .candidate)
        raft.persisted(persist.receipt)
        #expect(raft.role == .leader)
    }

    @Test func aVoterThatAnswersTwiceCountsOnce() {
        var raft = replica(of: [one, two, three, four, five])
        raft.tickUntilCampaign()
        raft.hear(.vote(isPreVote: true), from: two, term: 1)
        raft.hear(.vote(isPreVote: true), from: three, term: 1)
        _ = raft.settle()
        raft.hear(.vote(), from: two)
        raft.hear(.vote(), from: two)
        #expect(raft.role == .candidate)
        raft.hear(.vote(), from: five)
        #expect(raft.role == .leader)
    }

    @Test func aVoteOfAnEarlierTermIsNotCounted() {
        var raft = replica(term: 4)
        raft.tickUntilCampaign()
        raft.hear(.vote(isPreVote: true), from: two, term: 5)
        _ = raft.settle()
        raft.hear(.vote(), from: two, term: 4)
        #expect(raft.role == .candidate)
    }

    @Test func aCandidateThatAMajorityRefusesFollows() {
        var raft = replica()
        raft.tickUntilCampaign()
        raft.hear(.vote(isPreVote: true, isGranted: false), from: two)
        #expect(raft.role == .preCandidate)
        raft.hear(.vote(isPreVote: true, isGranted: false), from: three)
        #expect(raft.role == .follower)
    }

    @Test func aCandidateThatHearsTheTermsLeaderFollowsIt() {
        var raft = replica()
        raft.tickUntilCampaign()
        raft.hear(.vote(isPreVote: true), from: two, term: 1)
        raft.hear(.beat(), from: three, term: 1)
        #expect(raft.role == .follower)
        #expect(raft.leader == three)
    }

    @Test func aVoteIsAnsweredOnlyOnceItIsOnDisk() throws {
        var raft = replica(term: 1)
        raft.hear(.candidacy(), from: two, term: 2)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        let persist = try #require(ready.persist)
        #expect(persist.hardState?.votedFor == two)
        #expect(persist.messages.map(\.body) == [.vote()])
    }

    @Test func aReplicaVotesOnceATerm() {
        var raft = replica()
        raft.hear(.candidacy(), from: two, term: 1)
        raft.hear(.candidacy(), from: three, term: 1)
        let sent = raft.settle()
        #expect(sent.to(two) == [.vote()])
        #expect(sent.to(three) == [.vote(isGranted: false)])
        raft.hear(.candidacy(), from: two, term: 1)
        #expect(raft.settle().to(two) == [.vote()])
    }

    @Test func aVoteFromBeforeARestartBinds() {
        var raft = replica(term: 5, votedFor: two)
        raft.hear(.candidacy(), from: three, term: 5)
        #expect(raft.settle().to(three) == [.vote(isGranted: false)])
    }

    /// Raft §5.4.1: the later last term wins, then the longer log.
    @Test(arguments: [
        (3, 2, false), (3, 3, true), (2, 3, false), (4, 3, true), (1, 4, true), (9, 2, false),
    ])
    func onlyALogThatIsAtLeastAsGoodIsElected(
        lastIndex: UInt64,
        lastTerm: UInt64,
        isGranted: Bool
    ) {
        for isPreVote in [true, false] {
            var raft = replica(log: log(1, 2, 3))
            raft.hear(
                .candidacy(isPreVote: isPreVote, lastIndex: lastIndex, lastTerm: lastTerm),
                from: two,
                term: 5
            )
            #expect(
                raft.settle().to(two) == [.vote(isPreVote: isPreVote, isGranted: isGranted)]
            )
        }
    }

    @Test func askingWhetherOneWouldWinChangesNobodysTerm() {
        var raft = replica(term: 3)
        raft.hear(.candidacy(isPreVote: true), from: two, term: 9)
        #expect(raft.term == Term(3))
        let sent = raft.settle()
        #expect(sent.map(\.term) == [Term(9)])
        #expect(sent.to(two) == [.vote(isPreVote: true)])
    }

    @Test func whoHearsItsLeaderHelpsNobodyToReplaceIt() {
        var raft = replica(term: 1)
        raft.hear(.beat(), from: two)
        _ = raft.settle()
        raft.tick(9)
        raft.hear(.candidacy(isPreVote: true), from: three, term: 2)
        raft.hear(.candidacy(), from: three, term: 2)
        #expect(raft.settle().isEmpty)
        #expect(raft.term == Term(1))
        raft.tick()
        raft.hear(.candidacy(isPreVote: true), from: three, term: 2)
        #expect(raft.settle().to(three) == [.vote(isPreVote: true)])
    }

    @Test func aLeaderThatStepsDownMayBeElectedAgainAtOnce() {
        var raft = replica(term: 1)
        raft.hear(.beat(), from: two)
        raft.hear(.candidacy(isPreVote: true), from: two, term: 2)
        #expect(raft.settle().to(two).last == .vote(isPreVote: true))
    }

    @Test func aLeaderIgnoresCandidates() {
        var raft = leader()
        _ = raft.settle()
        raft.hear(.candidacy(lastIndex: 9, lastTerm: 9), from: two, term: 9)
        #expect(raft.role == .leader)
        #expect(raft.settle().isEmpty)
    }

    @Test func aLeaderThatHearsNoMajorityStepsDown() {
        var raft = leader(of: [one, two, three, four, five])
        raft.tick(10)
        #expect(raft.role == .follower)
        raft = leader(of: [one, two, three, four, five])
        raft.hear(.beatReply(), from: two)
        raft.hear(.accepted(0), from: three)
        raft.tick(10)
        #expect(raft.role == .leader)
        raft.hear(.beatReply(), from: two)
        raft.tick(10)
        #expect(raft.role == .follower)
        #expect(raft.leader == nil)
    }

    @Test func aNewerTermEndsALeadership() {
        var raft = leader()
        raft.hear(.beatReply(), from: two, term: 7)
        #expect(raft.role == .follower)
        #expect(raft.term == Term(7))
        #expect(raft.votedFor == nil)
    }

    /// Cut off, it campaigned into a higher term before pre-vote; its leader must hear of that term.
    @Test func aLeaderOfAnEarlierTermIsToldOfTheNewer() {
        var raft = replica(term: 5)
        raft.hear(.beat(), from: two, term: 3)
        raft.hear(.entries(), from: two, term: 3)
        let sent = raft.settle()
        #expect(sent.map(\.term) == [Term(5), Term(5)])
        #expect(sent.to(two) == [.beatReply(), .beatReply()])
    }

    @Test func aCandidateOfAnEarlierTermIsRefusedInTheNewer() {
        var raft = replica(term: 5)
        raft.hear(.candidacy(isPreVote: true, lastIndex: 9, lastTerm: 2), from: two, term: 3)
        let sent = raft.settle()
        #expect(sent.map(\.term) == [Term(5)])
        #expect(sent.to(two) == [.vote(isPreVote: true, isGranted: false)])
    }

    @Test func learnersNeitherCampaignNorCount() {
        var learner = replica(three, of: [one, two], learners: [three])
        learner.tick(100)
        #expect(learner.role == .learner)
        var raft = replica(of: [one, two], learners: [three])
        raft.tickUntilCampaign()
        #expect(raft.settle().map(\.target) == [two])
        raft.hear(.vote(isPreVote: true), from: three, term: 1)
        #expect(raft.role == .preCandidate)
    }

    @Test func timeoutsLieBetweenOneAndTwoElectionTimeouts() {
        var timeouts: [Int] = []
        for seed in 0..<200 as Range<UInt64> {
            var raft = Raft(
                replica: one,
                restored: RestoredReplica(
                    bootstrap: GroupConfiguration(voters: [one, two, three])
                ),
                settings: RaftSettings(),
                seed: seed
            )
            var ticks = 0
            while raft.role == .follower {
                raft.tick()
                ticks += 1
            }
            timeouts.append(ticks)
        }
        #expect(timeouts.min() == 10)
        #expect(timeouts.max() == 19)
    }

    @Test func impossibleNumbersAreDropped() {
        var raft = replica(log: log(1, 1))
        let huge = UInt64.max
        raft.hear(.beat(), from: two, term: huge)
        raft.hear(.candidacy(lastIndex: huge, lastTerm: huge), from: two, term: huge)
        raft.hear(.entries([entry(huge, term: 1)], after: huge - 1, of: 1), from: two)
        raft.hear(.entries([entry(0, term: 1)], after: huge, of: 1), from: two)
        raft.hear(.entries([entry(5, term: 1)], after: 2, of: 1), from: two)
        raft.hear(.entries([entry(3, term: 9)], after: 2, of: 1), from: two)
        raft.hear(.entries(after: 2, of: 1, commit: huge), from: two)
        raft.hear(.beat(commit: huge), from: two)
        raft.hear(.beat(round: huge), from: two)
        raft.hear(.accepted(huge), from: two)
        raft.hear(.rejected(huge, hint: huge, term: huge), from: two)
        #expect(raft.term == Term(1))
        #expect(raft.leader == nil)
        #expect(raft.terms == [1, 1])
    }

    @Test func theHighestTermIsBelievedButNeverOverflows() {
        var raft = replica()
        raft.hear(.beat(), from: two, term: 1 << 62)
        raft.tick(100)
        #expect(raft.term == Term(1 << 62))
        #expect(raft.role == .follower)
    }
}
