import Dispatch
import Environment
import Synchronization
import SystemEnvironment
import Testing

@Suite struct WorkerPoolTests {
    /// Keeps workers busy until it is opened.
    private final class Gate: Sendable {
        let entered = DispatchSemaphore(value: 0)
        let opened = DispatchSemaphore(value: 0)

        func pass() {
            entered.signal()
            opened.wait()
        }
    }

    /// A pool none of whose threads is free.
    private func busyPool(behind gate: Gate) -> WorkerPool {
        let pool = WorkerPool(name: "test")
        for _ in 0..<2 { _ = pool.submit(.fresh) { gate.pass() } }
        for _ in 0..<2 { gate.entered.wait() }
        return pool
    }

    private func open(_ gate: Gate) { for _ in 0..<2 { gate.opened.signal() } }

    @Test func whatBeganIsWaitedForAtTheEnd() {
        let ran = Atomic<Int>(0)
        let done = DispatchSemaphore(value: 0)
        let pool = WorkerPool(name: "test")
        for _ in 0..<100 {
            _ = pool.submit(.fresh) {
                if ran.add(1, ordering: .relaxed).newValue == 100 { done.signal() }
            }
        }
        done.wait()
        pool.stop()
        let count = ran.load(ordering: .relaxed)
        #expect(count == 100)
        let late = pool.submit(.fresh) {}
        #expect(late == nil)
    }

    @Test func aJobThatHasNotBegunIsDropped() throws {
        let gate = Gate()
        let pool = busyPool(behind: gate)
        let ran = Mutex<[Int]>([])
        let done = DispatchSemaphore(value: 0)
        let ticket = try #require(pool.submit(.fresh) { ran.withLock { $0.append(1) } })
        _ = pool.submit(.fresh) {
            ran.withLock { $0.append(2) }
            done.signal()
        }
        pool.cancel(ticket)
        open(gate)
        done.wait()
        pool.stop()
        #expect(ran.withLock { $0 } == [2])
    }

    @Test func aFullQueueRefuses() {
        let gate = Gate()
        let pool = busyPool(behind: gate)
        var taken = 0
        while pool.submit(.fresh, {}) != nil { taken += 1 }
        let continued = pool.submit(.continuation) {}
        #expect(taken == 1_024)
        #expect(continued != nil)
        open(gate)
        pool.stop()
    }
}
