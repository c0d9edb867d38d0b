public import Environment
internal import Synchronization

/// A few threads of low priority that share one bounded queue of jobs.
///
/// They do what would hold an event loop too long, and from copies, so that nobody waits for them
/// but who asked. Two, so that one long hash does not hold up every list.
public final class WorkerPool: Workers {
    private struct Job: Sendable {
        var ticket: WorkTicket
        var body: @Sendable () -> Void
    }

    private let queue = BlockingQueue<Job>()
    private let lastTicket = Atomic<UInt64>(0)
    private let threads: Mutex<[SystemThread]>

    public init(name: String) {
        let queue = queue
        threads = Mutex(
            (1...Limits.workersPerNode).map { number in
                SystemThread("\(name)-\(number)", .low) {
                    while let job = queue.takeFirst() { job.body() }
                }
            }
        )
    }

    public func submit(
        _ standing: WorkStanding,
        _ job: @escaping @Sendable () -> Void
    ) -> WorkTicket? {
        let ticket = WorkTicket(number: lastTicket.add(1, ordering: .relaxed).newValue)
        let isTaken = queue.append(
            Job(ticket: ticket, body: job),
            limit: standing == .fresh ? Limits.workerJobsWaitingMax : .max
        )
        return isTaken ? ticket : nil
    }

    public func cancel(_ ticket: WorkTicket) {
        // What the job holds is released here, outside the lock.
        _ = queue.remove { $0.ticket == ticket }
    }

    /// Drops the jobs that wait, ends the threads, and waits for the jobs that have begun.
    public func stop() {
        queue.close()
        while queue.remove(where: { _ in true }) != nil {}
        threads.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
    }
}
