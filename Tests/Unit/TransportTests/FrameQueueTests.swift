import Bytes
import NIOCore
import Testing

@testable import Transport

@Suite struct FrameQueueTests {
    private func frame(_ count: Int) -> ByteSlice { ByteSlice([UInt8](repeating: 0, count: count)) }

    @Test func whatIsBeyondTheBoundIsDropped() {
        var queue = FrameQueue()
        queue.open()
        let half = frame(Limits.queuedBytesMax / 2)
        let wakes = [queue.append(half), queue.append(half), queue.append(half)]
        #expect(wakes == [true, false, false])
        #expect(queue.droppedCount == 1)
        let taken = queue.take(upTo: .max).count
        #expect(taken == 2)
    }

    @Test func oneFrameFitsHoweverLargeItIs() {
        var queue = FrameQueue()
        queue.open()
        let wakes = queue.append(frame(Limits.queuedBytesMax + 1))
        let taken = queue.take(upTo: 1).count
        #expect(wakes)
        #expect(taken == 1)
    }

    @Test func theLoopIsWokenOnceUntilItHasFoundNothing() {
        var queue = FrameQueue()
        queue.open()
        var wakes = [queue.append(frame(1)), queue.append(frame(1))]
        var taken = [queue.take(upTo: 1).count]
        wakes.append(queue.append(frame(1)))
        taken += [queue.take(upTo: 10).count, queue.take(upTo: 10).count]
        wakes.append(queue.append(frame(1)))
        #expect(wakes == [true, false, false, true])
        #expect(taken == [1, 2, 0])
    }

    @Test func nothingWaitsWithoutAConnection() {
        var queue = FrameQueue()
        var wakes = [queue.append(frame(1))]
        queue.open()
        wakes.append(queue.append(frame(1)))
        queue.close()
        #expect(queue.droppedCount == 2)
        queue.open()
        let taken = queue.take(upTo: 10).count
        wakes.append(queue.append(frame(1)))
        #expect(wakes == [false, true, true])
        #expect(taken == 0)
    }

    @Test func aRefusalIsToldAgainOnlyAfterAWhile() {
        var refusals = RecentRefusals()
        let start = NIODeadline.uptimeNanoseconds(1_000)
        let news = [
            refusals.isNews("a", at: start),
            refusals.isNews("a", at: start + .seconds(59)),
            refusals.isNews("b", at: start),
            refusals.isNews("a", at: start + .seconds(60)),
        ]
        #expect(news == [true, false, true, true])
    }
}
