import Bytes
import Model
import Testing

@testable import Groups

@Suite struct ProposalTrackerTests {
    private func waiter(_ number: UInt64) -> Waiter { Waiter(client: 1, request: number) }

    @Test func aWaiterIsFoundBySequenceOnce() {
        var tracker = ProposalTracker(firstSequence: 100)
        #expect(tracker.open(waiter(1), deadline: Tick(5)) == 100)
        #expect(tracker.open(waiter(2), deadline: Tick(5)) == 101)
        #expect(tracker.close(101) == waiter(2))
        #expect(tracker.close(101) == nil)
        #expect(tracker.close(100) == waiter(1))
        #expect(tracker.openCount == 0)
    }

    @Test func sequencesOfAnEarlierLifeAreNobodys() {
        var tracker = ProposalTracker(firstSequence: 2 << 40)
        _ = tracker.open(waiter(1), deadline: Tick(5))
        #expect(tracker.close(1 << 40) == nil)
        #expect(tracker.close(.max) == nil)
        #expect(tracker.openCount == 1)
    }

    @Test func onlyThoseWhoseDeadlineHasPassedExpire() {
        var tracker = ProposalTracker(firstSequence: 0)
        for number: UInt64 in 0..<4 { _ = tracker.open(waiter(number), deadline: Tick(number + 1)) }
        _ = tracker.close(0)
        var expired: [Waiter] = []
        tracker.expire(at: Tick(3)) { waiter, _ in expired.append(waiter) }
        #expect(expired == [waiter(1), waiter(2)])
        #expect(tracker.close(1) == nil)
        #expect(tracker.close(3) == waiter(3))
    }

    @Test func whatWasSentToEarlierLeadersIsLost() {
        var tracker = ProposalTracker(firstSequence: 10)
        for number: UInt64 in 0..<4 { _ = tracker.open(waiter(number), deadline: Tick(9)) }
        _ = tracker.open(.none, deadline: Tick(9))
        tracker.noteSent(10, in: Term(3), "a")
        tracker.noteSent(11, in: Term(3), "b")
        tracker.noteSent(12, in: Term(4), "c")
        tracker.noteSent(14, in: Term(3), "nobody's")
        _ = tracker.close(10)
        #expect(tracker.lost(before: Term(3)).isEmpty)
        #expect(tracker.lost(before: Term(4)) == [.init(sequence: 11, payload: "b")])
        #expect(tracker.lost(before: Term(5)).map(\.sequence) == [11, 12])
    }

    @Test func whatASnapshotMayHoldIsNeverLost() {
        var tracker = ProposalTracker(firstSequence: 0)
        for number: UInt64 in 0..<2 { _ = tracker.open(waiter(number), deadline: Tick(9)) }
        tracker.noteSent(0, in: Term(1), "a")
        tracker.noteSnapshot()
        tracker.noteSent(1, in: Term(1), "b")
        #expect(tracker.lost(before: Term(2)).map(\.sequence) == [1])
        var ends: [Bool] = []
        tracker.expire(at: Tick(9)) { ends.append($1) }
        #expect(ends == [true, true])
    }

    @Test func theWindowMovesOnOverManyProposals() {
        var tracker = ProposalTracker(firstSequence: 0)
        for number: UInt64 in 0..<10_000 {
            #expect(tracker.open(waiter(number), deadline: Tick(1)) == number)
            if number >= 10 { #expect(tracker.close(number - 10) == waiter(number - 10)) }
        }
        #expect(tracker.openCount == 10)
        #expect(tracker.nextSequence == 10_000)
    }
}
