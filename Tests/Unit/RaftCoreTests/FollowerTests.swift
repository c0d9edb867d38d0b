import Model
import RaftCore
import Testing

@Suite struct FollowerTests {
    @Test func entriesAreAcknowledgedOnlyOnceTheyAreOnDisk() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        let persist = try #require(ready.persist)
        #expect(persist.entries.count == 1)
        #expect(persist.messages.map(\.body) == [.accepted(1)])
    }

    @Test func whatIsOnDiskIsAcknowledgedWithoutAWrite() {
        var raft = replica(log: log(1, 1))
        raft.hear(.entries(after: 2, of: 1), from: two)
        let ready = raft.takeReady()
        #expect(ready.persist == nil)
        #expect(ready.messages.map(\.body) == [.accepted(2)])
    }

    @Test func anAcknowledgementWaitsForWritesUnderWay() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two)
        let first = try #require(raft.takeReady().persist)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        let second = try #require(ready.persist)
        #expect(second.entries.isEmpty && second.hardState == nil)
        #expect(second.messages.map(\.body) == [.accepted(1)])
        raft.persisted(first.receipt)
        raft.persisted(second.receipt)
        #expect(raft.durableIndex == LogIndex(1))
    }

    @Test func heartbeatsAreAnsweredWhileEntriesAreBeingWritten() {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two)
        _ = raft.takeReady()
        raft.hear(.beat(round: 4), from: two)
        let ready = raft.takeReady()
        #expect(ready.messages.map(\.body) == [.beatReply(round: 4)])
        #expect(ready.persist == nil)
    }

    @Test func nothingIsSaidInATermThatIsNotOnDisk() throws {
        var raft = replica(term: 1)
        raft.hear(.beat(), from: two, term: 2)
        let ready = raft.takeReady()
        #expect(ready.messages.isEmpty)
        #expect(try #require(ready.persist).hardState?.term == Term(2))
        raft.hear(.beat(), from: two, term: 2)
        #expect(raft.takeReady().messages.isEmpty)
        raft.persisted(try #require(ready.persist).receipt)
        raft.hear(.beat(), from: two, term: 2)
        #expect(raft.takeReady().messages.map(\.body) == [.beatReply()])
    }

    @Test func appendsOfATurnShareOneAnswer() {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1)]), from: two)
        raft.hear(.entries([entry(2, term: 1)], after: 1, of: 1), from: two)
        #expect(raft.settle().to(two) == [.accepted(2)])
    }

    /// Raft figure 7: a leader of term 8 with this log, and followers (a) to (f).
    @Test(
        arguments: [
            ([1, 1, 1, 4, 4, 5, 5, 6, 6], 10, 9, 6),
            ([1, 1, 1, 4], 10, 4, 4),
            ([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6], 10, nil, nil),
            ([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], 10, nil, nil),
            ([1, 1, 1, 4, 4, 4, 4], 10, 7, 4),
            ([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3], 10, 10, 3),
        ] as [([UInt64], UInt64, UInt64?, UInt64?)]
    )
    func figureSevenIsRepaired(
        terms: [UInt64],
        previous: UInt64,
        hint: UInt64?,
        hintTerm: UInt64?
    ) {
        let leaderTerms: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
        let entries = { (terms: [UInt64]) in
            terms.enumerated().map { entry(UInt64($0.offset + 1), term: $0.element) }
        }
        var follower = replica(two, term: 7, log: entries(terms))
        var raft = leader(log: entries(leaderTerms), term: 8)
        var appends = 0
        var messages = raft.settle()
        var isFirst = true
        for _ in 0..<10 {
            for message in messages where message.target == two {
                appends += message.body.isAppend ? 1 : 0
                follower.step(message)
            }
            let answers = follower.settle()
            if isFirst, let hint, let hintTerm {
                #expect(
                    answers.to(one).contains(.rejected(previous, hint: hint, term: hintTerm))
                )
            }
            isFirst = false
            for answer in answers { raft.step(answer) }
            messages = raft.settle()
        }
        #expect(follower.terms == leaderTerms + [8])
        #expect(follower.commitIndex == LogIndex(11))
        // A hint skips a term at a time: (f) needs three appends, then one tells of the commit.
        #expect(appends <= 4)
    }

    @Test func anOlderAppendDoesNotUndoALaterOne() {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1), entry(2, term: 1), entry(3, term: 1)]), from: two)
        raft.hear(.entries([entry(1, term: 1)]), from: two)
        #expect(raft.terms == [1, 1, 1])
    }

    @Test func onlyWhatDiffersIsCutOff() {
        var raft = replica(log: log(1, 1, 2, 2))
        raft.hear(
            .entries([entry(2, term: 1), entry(3, term: 3)], after: 1, of: 1),
            from: two,
            term: 3
        )
        #expect(raft.terms == [1, 1, 3])
        #expect(raft.durableIndex == LogIndex(2))
    }

    @Test func onlyWhatAnAppendConfirmsIsCommitted() {
        var raft = replica(log: log(1, 1, 2, 2))
        raft.hear(.entries(after: 2, of: 1, commit: 4), from: two, term: 3)
        #expect(raft.commitIndex == LogIndex(2))
    }

    @Test func aHeartbeatBeyondTheLogCommitsNothing() {
        var raft = replica(log: log(1, 1))
        raft.hear(.beat(commit: 7), from: two)
        #expect(raft.commitIndex == .zero)
        raft.hear(.beat(commit: 2), from: two)
        #expect(raft.commitIndex == LogIndex(2))
    }

    @Test func anAppendThatBeginsBeforeTheCommitIndexStillBringsItsNews() {
        var raft = replica(log: log(1, 1, 1))
        raft.hear(.beat(commit: 2), from: two)
        raft.hear(
            .entries([entry(2, term: 1), entry(3, term: 1), entry(4, term: 1)], after: 1, of: 1),
            from: two
        )
        #expect(raft.lastIndex == LogIndex(4))
        #expect(raft.settle().to(two) == [.beatReply(), .accepted(4)])
        raft.hear(.entries(after: 0, of: 0), from: two)
        #expect(raft.settle().to(two) == [.accepted(2)])
    }

    @Test func nobodyUndoesWhatIsCommitted() {
        var raft = replica(log: log(1, 1))
        raft.hear(.beat(commit: 2), from: two)
        _ = raft.settle()
        raft.hear(.entries([entry(1, term: 1), entry(2, term: 9)]), from: three, term: 9)
        #expect(raft.terms == [1, 1])
        #expect(raft.settle().isEmpty)
    }

    /// The race of etcd-io/raft's `newStorageAppendResp`: (1, 1) is written, overwritten by (1, 2)
    /// and back again, all under way at once; the first write's receipt proves nothing.
    @Test func aReceiptDoesNotVouchForEntriesThatWereRewritten() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two, term: 1)
        let first = try #require(raft.takeReady().persist)
        raft.hear(.entries([entry(1, term: 2, "b")]), from: three, term: 2)
        let second = try #require(raft.takeReady().persist)
        raft.hear(.entries([entry(1, term: 1, "a")]), from: two, term: 3)
        let third = try #require(raft.takeReady().persist)
        #expect(first.receipt.lastTerm == third.receipt.lastTerm)
        raft.persisted(first.receipt)
        #expect(raft.durableIndex == .zero)
        raft.persisted(second.receipt)
        #expect(raft.durableIndex == .zero)
        raft.persisted(third.receipt)
        #expect(raft.durableIndex == LogIndex(1))
    }

    @Test func oneReceiptVouchesForAllWritesBefore() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1)]), from: two)
        let first = try #require(raft.takeReady().persist)
        raft.hear(.entries([entry(2, term: 1)], after: 1, of: 1), from: two)
        let second = try #require(raft.takeReady().persist)
        raft.persisted(second.receipt)
        #expect(raft.durableIndex == LogIndex(2))
        raft.persisted(first.receipt)
        #expect(raft.durableIndex == LogIndex(2))
    }

    @Test func theCommitIndexOnDiskNeverLeadsTheEntries() throws {
        var raft = replica(term: 1)
        raft.hear(.entries([entry(1, term: 1)], commit: 1), from: two)
        let first = try #require(raft.takeReady().persist)
        #expect(first.hardState == nil)
        raft.persisted(first.receipt)
        raft.hear(.entries([entry(2, term: 1)], after: 1, of: 1, commit: 2), from: two)
        let second = try #require(raft.takeReady().persist)
        #expect(second.hardState?.commitIndex == LogIndex(1))
    }
}

extension Message.Body {
    var isAppend: Bool { if case .append = self { true } else { false } }
}
