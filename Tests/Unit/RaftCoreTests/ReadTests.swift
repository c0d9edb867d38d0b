import Model
import RaftCore
import Testing

@Suite struct ReadTests {
    @Test func readsOfATurnShareARoundThatAMajorityConfirms() {
        var raft = settledLeader()
        #expect(raft.read(ReadRequest(7)) == .accepted)
        #expect(raft.read(ReadRequest(8)) == .accepted)
        let sent = raft.takeReady()
        #expect(sent.messages.to(two) == [.beat(commit: 1, round: 1)])
        #expect(sent.readable.isEmpty)
        raft.hear(.beatReply(round: 1), from: two)
        #expect(
            raft.takeReady().readable == [
                ReadableRound(index: LogIndex(1), requests: [ReadRequest(7), ReadRequest(8)])
            ]
        )
    }

    @Test func aLaterRoundConfirmsTheEarlierOnes() {
        var raft = settledLeader()
        _ = raft.read(ReadRequest(7))
        _ = raft.takeReady()
        _ = raft.read(ReadRequest(8))
        #expect(raft.takeReady().messages.to(two) == [.beat(commit: 1, round: 2)])
        raft.hear(.beatReply(round: 2), from: three)
        #expect(
            raft.takeReady().readable.map(\.requests) == [[ReadRequest(7)], [ReadRequest(8)]]
        )
        raft.hear(.beatReply(round: 1), from: two)
        #expect(raft.takeReady().readable.isEmpty)
    }

    @Test func anEarlierRoundsAnswerDoesNotConfirmALaterRead() {
        var raft = settledLeader()
        _ = raft.read(ReadRequest(7))
        _ = raft.takeReady()
        _ = raft.read(ReadRequest(8))
        _ = raft.takeReady()
        raft.hear(.beatReply(round: 1), from: two)
        #expect(raft.takeReady().readable.map(\.requests) == [[ReadRequest(7)]])
    }

    @Test func aReadWaitsForTheTermsFirstCommit() {
        var raft = leader(log: log(1, 1))
        _ = raft.settle()
        _ = raft.read(ReadRequest(7))
        let sent = raft.takeReady()
        #expect(!sent.messages.contains { $0.body == .beat(commit: 0, round: 1) })
        raft.hear(.accepted(3), from: two)
        #expect(raft.takeReady().messages.to(two).contains(.beat(commit: 3, round: 1)))
        raft.hear(.beatReply(round: 1), from: two)
        #expect(raft.takeReady().readable.map(\.index) == [LogIndex(3)])
    }

    @Test func theNextHeartbeatAsksAgainForAnOpenRound() {
        var raft = settledLeader()
        _ = raft.read(ReadRequest(7))
        _ = raft.takeReady()
        raft.tick()
        #expect(raft.takeReady().messages.to(two) == [.beat(commit: 1, round: 1)])
    }

    @Test func aGroupOfOneAnswersAtOnce() {
        var raft = replica(of: [one])
        raft.tick()
        _ = raft.settle()
        _ = raft.read(ReadRequest(7))
        #expect(raft.takeReady().readable.map(\.requests) == [[ReadRequest(7)]])
    }

    @Test func learnersDoNotConfirm() {
        var raft = leader(of: [one, two], learners: [three])
        _ = raft.settle()
        raft.hear(.accepted(1), from: two)
        _ = raft.settle()
        _ = raft.read(ReadRequest(7))
        _ = raft.takeReady()
        raft.hear(.beatReply(round: 1), from: three)
        #expect(raft.takeReady().readable.isEmpty)
    }

    @Test func anAnswerToARoundThatNeverWasConfirmsNothing() {
        var raft = settledLeader()
        raft.hear(.beatReply(round: 99), from: two)
        _ = raft.read(ReadRequest(7))
        #expect(raft.takeReady().readable.isEmpty)
    }

    @Test func readsAreDroppedWhenLeadershipIsLost() {
        var raft = settledLeader()
        _ = raft.read(ReadRequest(7))
        _ = raft.takeReady()
        _ = raft.read(ReadRequest(8))
        raft.hear(.beat(), from: two, term: 9)
        #expect(raft.takeReady().droppedReads == [ReadRequest(7), ReadRequest(8)])
        #expect(raft.read(ReadRequest(9)) == .notLeader(two))
    }

    @Test func readsBeyondTheLimitAreRefused() {
        var settings = RaftSettings()
        settings.readsWaitingMax = 1
        var raft = settledLeader(settings: settings)
        #expect(raft.read(ReadRequest(7)) == .accepted)
        #expect(raft.read(ReadRequest(8)) == .tooManyReads(limit: 1))
    }
}
