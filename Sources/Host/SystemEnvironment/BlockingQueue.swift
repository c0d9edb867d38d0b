internal import Glibc

/// What waits for a thread, first in, first out.
///
/// `@unchecked Sendable`: the condition variable and its mutex have no Swift wrapper; every access to
/// `elements` and `isClosed` is between lock and unlock.
final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
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

    /// False if `limit` elements wait already, or nobody will take any more.
    @discardableResult
    func append(_ element: Element, limit: Int = .max) -> Bool {
        pthread_mutex_lock(mutex)
        let isTaken = !isClosed && elements.count < limit
        if isTaken { elements.append(element) }
        pthread_mutex_unlock(mutex)
        if isTaken { pthread_cond_signal(condition) }
        return isTaken
    }

    /// Takes out the first element of which `isWanted` is true, if it still waits.
    func remove(where isWanted: (Element) -> Bool) -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard let place = elements.firstIndex(where: isWanted) else { return nil }
        return elements.remove(at: place)
    }

    /// Nothing more is taken in; those who wait for an element go on once none is left.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }

    /// What waits, all at once; waits for the first, and is nil once closed and empty.
    func takeAll() -> [Element]? {
        waiting { elements in
            defer { elements = [] }
            return elements
        }
    }

    /// The first that waits; waits for it, and is nil once closed and empty.
    func takeFirst() -> Element? { waiting { $0.removeFirst() } }

    private func waiting<Taken>(_ take: (inout [Element]) -> Taken) -> Taken? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        return take(&elements)
    }
}
