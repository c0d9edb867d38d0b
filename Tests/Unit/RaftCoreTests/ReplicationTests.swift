import Bytes
import Model
import RaftCore
import Testing

@Suite struct ReplicationTests {
    @Test func aNewLeaderBeginsItsTermWithAnEmptyEntry() {
        var raft = leader(log: log(1, 1))
        #expect(raft.terms == [1, 1, 2])
        let sent = raft.takeReady().messages
        #expect(sent.appends.map(\.previousIndex) == [LogIndex(2), LogIndex(2)])
        #expect(sent.appends.first?.entries == [entry(3, term: 2)])
    }

    @Test func aLeaderSendsWhileItWrites() throws {
        var raft = leader()
        let ready = raft.takeReady()
        #expect(ready.messages.appends.count == 2)
        #expect(try #require(ready.persist).entries == [entry(1, term: 1)])
        #expect(try #require(ready.persist).messages.isEmpty)
    }

    @Test func aLeaderCountsItselfOnlyOnceItsWriteIsSynced() throws {
        var raft = leader()
        let persist = try #require(raft.takeReady().persist)
        raft.hear(.accepted(1), from: two)
        #expect(raft.commitIndex == .zero)
        raft.persisted(persist.receipt)
        #expect(raft.commitIndex == LogIndex(1))
    }

    @Test func aMajorityOfOthersCommitsBeforeTheLeadersOwnSync() {
        var raft = leader()
        _ = raft.takeReady()
        raft.hear(.accepted(1), from: two)
        raft.hear(.accepted(1), from: three)
        #expect(raft.commitIndex == LogIndex(1))
        #expect(raft.takeReady().committed == [entry(1, term: 1)])
    }

    @Test func proposalsOfATurnShareOneAppendAFollower() {
        var raft = settledLeader()
        for payload in ["a", "b", "c"] {
            guard case .accepted = raft.propose(ByteSlice(payload), kind: .command) else {
                Issue.record("refused")
                return
            }
        }
        let sent = raft.takeReady().messages
        #expect(sent.appends.map(\.entries.count) == [3, 3])
    }

    @Test func appendsAreSplitBySize() {
        var settings = RaftSettings()
        settings.appendBytesMax = 2 * (48 + 10)
        var raft = settledLeader(settings: settings)
        for _ in 0..<5 { _ = raft.propose(ByteSlice("0123456789"), kind: .command) }
        _ = raft.propose(ByteSlice([UInt8](repeating: 0, count: 500)), kind: .command)
        let sent = raft.takeReady().messages.filter { $0.target == two }
        #expect(sent.appends.map(\.entries.count) == [2, 2, 1, 1])
    }

    @Test func appendsGoOutWithoutWaitingUntilTheWindowIsFull() {
        var settings = RaftSettings()
        settings.inflightAppendsMax = 2
        var raft = settledLeader(settings: settings)
        for count in 1...3 {
            _ = raft.propose("x", kind: .command)
            #expect(raft.settle().appends.count == (count < 3 ? 2 : 0))
        }
        raft.hear(.accepted(3), from: two)
        // Two arrived, so the window has room for what waits, and the news that it is committed.
        let sent = raft.settle()
        #expect(sent.to(two).count == 1)
        #expect(sent.appends.first?.entries.map(\.index) == [LogIndex(4)])
    }

    @Test func proposalsAreRefusedWhileTooMuchIsUncommitted() {
        var settings = RaftSettings()
        settings.uncommittedBytesMax = 200
        var raft = settledLeader(settings: settings)
        let large = ByteSlice([UInt8](repeating: 1, count: 1_000))
        #expect(raft.propose(large, kind: .command) == .accepted(LogIndex(2)))
        #expect(raft.propose("x", kind: .command) == .tooManyUncommittedBytes(limit: 200))
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        #expect(raft.propose("x", kind: .command) == .accepted(LogIndex(3)))
    }

    @Test func onlyALeaderTakesProposals() {
        var raft = replica(term: 1)
        #expect(raft.propose("x", kind: .command) == .notLeader(nil))
        raft.hear(.beat(), from: two)
        #expect(raft.propose("x", kind: .command) == .notLeader(two))
    }

    @Test func followersLearnOfACommitAtOnce() {
        var raft = settledLeader()
        _ = raft.propose("x", kind: .command)
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        let sent = raft.settle()
        #expect(
            sent.to(two) == [.entries(after: 2, of: 1, commit: 2)]
        )
        #expect(
            sent.to(three) == [.entries(after: 2, of: 1, commit: 2)]
        )
    }

    /// Raft figure 8: a majority holds entries of term 1, and yet a leader of term 2 may still be
    /// followed by one that lacks them; only an entry of its own term settles it.
    @Test func anEntryOfAnEarlierTermIsNotCommittedByCounting() {
        var raft = leader(log: log(1, 1))
        _ = raft.settle()
        raft.hear(.accepted(2), from: two)
        raft.hear(.accepted(2), from: three)
        #expect(raft.commitIndex == .zero)
        raft.hear(.accepted(3), from: three)
        #expect(raft.commitIndex == LogIndex(3))
    }

    @Test func learnersReceiveButDoNotCount() {
        var raft = leader(of: [one, two], learners: [three])
        #expect(raft.settle().appends.count == 2)
        raft.hear(.accepted(1), from: three)
        #expect(raft.commitIndex == .zero)
        raft.hear(.accepted(1), from: two)
        #expect(raft.commitIndex == LogIndex(1))
    }

    @Test func lostAppendsAreFoundWithTheNextHeartbeat() {
        var raft = settledLeader()
        _ = raft.propose("lost", kind: .command)
        _ = raft.settle()
        raft.hear(.beatReply(), from: two)
        #expect(raft.settle().to(two) == [.entries(after: 2, of: 1, commit: 1)])
        raft.hear(.rejected(2, hint: 1, term: 1), from: two)
        let sent = raft.settle().appends
        #expect(sent.map(\.previousIndex) == [LogIndex(1)])
        #expect(sent.first?.entries.count == 1)
    }

    @Test func aRejectionThatCameLateChangesNothing() {
        var raft = settledLeader()
        raft.hear(.rejected(1, hint: 0, term: 0), from: two)
        #expect(raft.settle().isEmpty)
    }

    @Test func anAcknowledgementBeyondTheLogIsNotBelieved() {
        var raft = settledLeader()
        raft.hear(.accepted(99), from: two)
        raft.hear(.accepted(99), from: three)
        #expect(raft.commitIndex == LogIndex(1))
    }

    @Test func aGroupOfOneCommitsWithItsOwnSync() throws {
        var raft = replica(of: [one])
        raft.tick()
        _ = raft.settle()
        #expect(raft.propose("x", kind: .command) == .accepted(LogIndex(2)))
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        #expect(ready.committed.isEmpty)
        raft.persisted(try #require(ready.persist).receipt)
        #expect(raft.takeReady().committed == [entry(2, term: 1, "x")])
    }

    @Test func aLongBacklogIsAppliedInParts() {
        var settings = RaftSettings()
        settings.applyBytesMax = 100
        var restored = RestoredReplica(bootstrap: GroupConfiguration(voters: [one, two, three]))
        restored.entries = log(1, 1, 1, 1, 1)
        restored.hardState = HardState(
            term: Term(1),
            votedFor: nil,
            commitIndex: LogIndex(5)
        )
        var raft = Raft(replica: one, restored: restored, settings: settings, seed: 1)
        #expect(raft.takeReady().committed.map(\.index.number) == [1, 2])
        #expect(raft.hasReady)
        #expect(raft.takeReady().committed.map(\.index.number) == [3, 4])
        #expect(raft.takeReady().committed.map(\.index.number) == [5])
        #expect(!raft.hasReady)
    }
}

/// A leader whose first entry all have, and know to be committed.
func settledLeader(
    of voters: [ReplicaID] = [one, two, three],
    settings: RaftSettings = RaftSettings()
) -> Raft {
    var raft = leader(of: voters, settings: settings)
    _ = raft.settle()
    for voter in voters where voter != one { raft.hear(.accepted(1), from: voter) }
    _ = raft.settle()
    return raft
}
