import Model
import Testing

@testable import Groups

@Suite struct ReadQueueTests {
    private func waiter(_ number: UInt64) -> Waiter { Waiter(client: 1, request: number) }

    private func served(_ queue: inout ReadQueue, applied: UInt64) -> [UInt64] {
        var served: [UInt64] = []
        queue.serve(applied: LogIndex(applied)) { served.append($0.request) }
        return served
    }

    @Test func readsThatArriveTogetherShareARound() {
        var queue = ReadQueue(firstNumber: 1)
        queue.append(waiter(1), deadline: Tick(9))
        queue.append(waiter(2), deadline: Tick(9))
        let round = queue.openRound(at: Tick(0))
        #expect(queue.confirm(round, at: LogIndex(5)) == nil)
        #expect(served(&queue, applied: 4) == [])
        #expect(served(&queue, applied: 5) == [1, 2])
        #expect(queue.isIdle)
    }

    @Test func aReadThatCameAfterTheRoundWasOpenedIsNotServedByIt() {
        var queue = ReadQueue(firstNumber: 1)
        queue.append(waiter(1), deadline: Tick(9))
        let round = queue.openRound(at: Tick(0))
        queue.append(waiter(2), deadline: Tick(9))
        _ = queue.confirm(round, at: LogIndex(5))
        #expect(served(&queue, applied: 9) == [1])
        #expect(queue.hasWaiting)
    }

    @Test func aDroppedRoundsReadsWaitForAnotherAndALateAnswerIsIgnored() {
        var queue = ReadQueue(firstNumber: 1)
        queue.append(waiter(1), deadline: Tick(9))
        let first = queue.openRound(at: Tick(0))
        #expect(queue.drop(first, at: Tick(0)) == nil)
        #expect(!queue.mayAskLeader(at: Tick(0)))
        #expect(queue.mayAskLeader(at: Tick(1)))
        let second = queue.openRound(at: Tick(1))
        _ = queue.confirm(first, at: LogIndex(1))
        #expect(served(&queue, applied: 9) == [])
        _ = queue.confirm(second, at: LogIndex(9))
        #expect(served(&queue, applied: 9) == [1])
    }

    @Test func anUnansweredRoundIsAskedAnewUnderAnotherNumber() {
        var queue = ReadQueue(firstNumber: 1)
        queue.append(waiter(1), deadline: Tick(99))
        let first = queue.openRound(at: Tick(0))
        queue.retryRounds(askedBefore: Tick(1))
        #expect(queue.hasWaiting)
        #expect(queue.openRound(at: Tick(11)) != first)
    }

    @Test func aRemoteRoundIsAnsweredToItsNode() {
        var queue = ReadQueue(firstNumber: 1)
        let round = queue.openRemoteRound(NodeID(3), sequence: 77, at: Tick(0))
        let asker = queue.confirm(round, at: LogIndex(5))
        #expect(asker?.0 == NodeID(3))
        #expect(asker?.sequence == 77)
    }

    @Test func aReadMayExpireAtAnyStage() {
        var queue = ReadQueue(firstNumber: 1)
        queue.append(waiter(1), deadline: Tick(5))
        _ = queue.confirm(queue.openRound(at: Tick(0)), at: LogIndex(9))
        queue.append(waiter(2), deadline: Tick(5))
        _ = queue.openRound(at: Tick(0))
        queue.append(waiter(3), deadline: Tick(5))
        queue.append(waiter(4), deadline: Tick(6))
        var expired: [UInt64] = []
        queue.expire(at: Tick(5)) { expired.append($0.request) }
        #expect(expired.sorted() == [1, 2, 3])
        #expect(queue.waitingCount == 1)
    }
}
