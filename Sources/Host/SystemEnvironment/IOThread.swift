internal import Synchronization

/// A thread that owns a state and runs jobs on it, first in, first out.
///
/// For calls that block: a sync takes as long as the disk likes, and no event loop may wait for it.
/// The state is made on the thread and never leaves it, so it need not be `Sendable`.
public final class IOThread<State>: Sendable {
    public typealias Job = @Sendable (inout State) -> Void

    private let queue = BlockingQueue<Job>()
    private let thread: Mutex<SystemThread?>

    /// Starts the thread; `makeState` runs on it before the first job.
    public init(name: String, makeState: @escaping @Sendable () -> State) {
        let queue = queue
        thread = Mutex(
            SystemThread(name, .normal) {
                var state = makeState()
                while let batch = queue.takeAll() {
                    for job in batch { job(&state) }
                }
            }
        )
    }

    public func submit(_ job: @escaping Job) { queue.append(job) }

    /// Runs what was submitted before, ends the thread, and waits for it.
    public func stop() {
        queue.close()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }
}
