internal import KeyspaceModel
internal import Model

/// Live watches that hear exactly the same: one range, one set of options.
///
/// Events are gathered once for all of them, so that a prefix which thousands of clients watch
/// costs a change one look-up, and each client one reference.
struct WatchAudience: Sendable {
    let key: Key

    /// Their numbers in the hub.
    var members: [Int] = []

    /// Events that no member has yet.
    private(set) var pending: [Event] = []
    private var pendingBytes = 0

    /// The revision of the first pending event.
    private var pendingFrom = Revision.zero

    struct Key: Sendable, Hashable {
        let range: WatchRange
        let options: WatchOptions
    }

    init(key: Key) { self.key = key }

    /// Returns how many bytes are pending.
    mutating func append(_ event: Event, at revision: Revision) -> Int {
        if pending.isEmpty { pendingFrom = revision }
        pending.append(event)
        pendingBytes += event.watchedBytes
        return pendingBytes
    }

    /// All events that no member has, and the revision of the first.
    mutating func takePending() -> (events: [Event], from: Revision) {
        defer {
            pending = []
            pendingBytes = 0
        }
        return (pending, pendingFrom)
    }
}
