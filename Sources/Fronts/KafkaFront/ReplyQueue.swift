internal import Bytes

/// The answers that a connection owes, in the order of their requests, as the protocol has them.
struct ReplyQueue {
    private enum Slot {
        case open
        case answered([ByteSlice])

        /// Nothing is to be said, as to a producer that wants no acknowledgement.
        case silent
    }

    private var slots: [Slot] = []

    /// The request of the first slot.
    private var first: UInt64

    /// Slots before this one are sent.
    private var start = 0

    /// Requests that are not answered.
    private(set) var openCount = 0

    /// Bytes of answers behind one that is owed still.
    private(set) var waitingBytes = 0

    init(firstRequest: UInt64 = 0) { first = firstRequest }

    var nextRequest: UInt64 { first + UInt64(slots.count) }

    var isEmpty: Bool { start == slots.count }

    /// The number of a new request.
    mutating func open() -> UInt64 {
        slots.append(.open)
        openCount += 1
        return first + UInt64(slots.count - 1)
    }

    /// The requests that are still to be answered.
    var openRequests: [UInt64] {
        slots.indices[start...].compactMap { place in
            if case .open = slots[place] { first + UInt64(place) } else { nil }
        }
    }

    /// Whether the request is still to be answered.
    func isOpen(_ request: UInt64) -> Bool {
        guard let place = place(of: request), case .open = slots[place] else { return false }
        return true
    }

    /// A second answer counts for nothing.
    mutating func answer(_ request: UInt64, _ pieces: [ByteSlice]?) {
        guard isOpen(request), let place = place(of: request) else { return }
        openCount -= 1
        guard let pieces else { return slots[place] = .silent }
        slots[place] = .answered(pieces)
        waitingBytes += pieces.reduce(0) { $0 + $1.count }
    }

    /// Hands over the answers that are next, as long as `hasRoom`.
    mutating func drain(while hasRoom: () -> Bool, _ send: ([ByteSlice]) -> Void) {
        while start < slots.count, hasRoom() {
            switch slots[start] {
            case .open: return
            case .silent: break
            case .answered(let pieces):
                waitingBytes -= pieces.reduce(0) { $0 + $1.count }
                send(pieces)
            }
            slots[start] = .silent
            start += 1
        }
        guard start == slots.count || start > 64 else { return }
        slots.removeFirst(start)
        first += UInt64(start)
        start = 0
    }

    private func place(of request: UInt64) -> Int? {
        guard request >= first, request - first < UInt64(slots.count) else { return nil }
        return Int(request - first)
    }
}
