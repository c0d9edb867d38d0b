internal import CPosix
internal import Glibc

/// A thread of the system, for what may block or take long.
struct SystemThread: Sendable {
    /// How the kernel's scheduler is to treat it.
    enum Priority {
        case normal
        /// Gives way to the event loops when the cores are busy.
        case low
    }

    private let thread: pthread_t

    /// Starts a thread with a name for `ps -L` and debuggers; `body` ends it by returning.
    init(_ name: String, _ priority: Priority, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(ThreadStart(name, priority, body))
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            start.toOpaque()
        )
        precondition(code == 0, "the system gives no thread: \(String(cString: strerror(code)))")
        self.thread = thread
    }

    /// Waits until the thread has ended; to be called once.
    func join() { pthread_join(thread, nil) }
}

/// What a new thread is told.
private final class ThreadStart: Sendable {
    private let name: String
    private let priority: SystemThread.Priority
    private let body: @Sendable () -> Void

    init(_ name: String, _ priority: SystemThread.Priority, _ body: @escaping @Sendable () -> Void)
    {
        self.name = name
        self.priority = priority
        self.body = body
    }

    func run() {
        // Fifteen bytes are all that the kernel keeps.
        martlet_name_thread(String(name.prefix(15)))
        switch priority {
        case .normal: break
        case .low: martlet_lower_priority(Int32(Limits.lowPriorityNice))
        }
        body()
    }
}
