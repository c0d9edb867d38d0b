import Environment
import Synchronization

/// Workers without threads: jobs run when the test says so, on its own thread.
final class TestWorkers: Workers {
    private struct State {
        var jobs: [(ticket: WorkTicket, body: @Sendable () -> Void)] = []
        var lastTicket: UInt64 = 0
        var jobsMax = Int.max
        var isPaused = false
    }

    private let state = Mutex(State())

    /// Jobs that have not begun.
    var waitingCount: Int { state.withLock { $0.jobs.count } }

    /// More fresh jobs than these are refused.
    func limit(to count: Int) { state.withLock { $0.jobsMax = count } }

    /// Jobs wait until `resume`.
    func pause() { state.withLock { $0.isPaused = true } }

    func resume() { state.withLock { $0.isPaused = false } }

    func submit(
        _ standing: WorkStanding,
        _ job: @escaping @Sendable () -> Void
    ) -> WorkTicket? {
        state.withLock { state in
            guard standing == .continuation || state.jobs.count < state.jobsMax else { return nil }
            state.lastTicket += 1
            let ticket = WorkTicket(number: state.lastTicket)
            state.jobs.append((ticket, job))
            return ticket
        }
    }

    func cancel(_ ticket: WorkTicket) {
        state.withLock { $0.jobs.removeAll { $0.ticket == ticket } }
    }

    /// Runs a job; false if none may run.
    func runNext() -> Bool {
        let job = state.withLock { state in
            state.isPaused || state.jobs.isEmpty ? nil : state.jobs.removeFirst()
        }
        job?.body()
        return job != nil
    }
}
