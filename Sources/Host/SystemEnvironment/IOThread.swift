internal import CPosix
internal import Glibc
internal import Synchronization

/// A thread that owns a state and runs jobs on it, first in, first out.
///
/// For calls that block: a sync takes as long as the disk likes, and no event loop may wait for it.
/// The state is made on the thread and never leaves it, so it need not be `Sendable`.
public final class IOThread<State>: Sendable {
    public typealias Job = @Sendable (inout State) -> Void

    private let queue = JobQueue<State>()
    private let handle: Mutex<pthread_t?>

    /// Starts the thread; `makeState` runs on it before the first job.
    public init(name: String, makeState: @escaping @Sendable () -> State) {
        let queue = queue
        handle = Mutex(nil)
        let thread = Self.spawn(name) { queue.run(makeState()) }
        handle.withLock { $0 = thread }
    }

    public func submit(_ job: @escaping Job) { queue.append(job) }

    /// Runs what was submitted before, ends the thread, and waits for it.
    public func stop() {
        queue.close()
        guard
            let thread = handle.withLock({ handle in
                defer { handle = nil }
                return handle
            })
        else { return }
        pthread_join(thread, nil)
    }

    private static func spawn(_ name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(ThreadStart(name, body))
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
                // Fifteen bytes are all that the kernel keeps.
                martlet_name_thread(String(start.name.prefix(15)))
                start.body()
                return nil
            },
            start.toOpaque()
        )
        precondition(code == 0, "the system gives no thread: \(String(cString: strerror(code)))")
        return thread
    }
}

/// What a new thread is told.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Jobs that wait for their thread.
///
/// `@unchecked Sendable`: the condition variable and its mutex have no Swift wrapper; every access to
/// `jobs` and `isClosed` is between lock and unlock.
private final class JobQueue<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [IOThread<State>.Job] = []
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func append(_ job: @escaping IOThread<State>.Job) {
        pthread_mutex_lock(mutex)
        jobs.append(job)
        let isFirst = jobs.count == 1
        pthread_mutex_unlock(mutex)
        if isFirst { pthread_cond_signal(condition) }
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Runs jobs until the queue is closed and empty.
    func run(_ state: State) {
        var state = state
        while let batch = takeAll() {
            for job in batch { job(&state) }
        }
    }

    private func takeAll() -> [IOThread<State>.Job]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        defer { jobs = [] }
        return jobs
    }
}
