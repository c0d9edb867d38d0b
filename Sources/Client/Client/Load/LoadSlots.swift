/// The requests under way on a connection, found by their streams without hashing.
///
/// A connection's streams count up and most end in order, so a stream's number is nearly always its
/// place; one that lasts longer than its turn pushes the next holder of its place aside.
struct LoadSlots {
    struct Slot {
        /// Zero in a free place; streams of clients are odd.
        var stream: UInt32 = 0

        /// When the request was meant to be sent, in nanoseconds of the machine's uptime.
        var intendedAt: UInt64 = 0
        var received = 0
    }

    private var slots: [Slot]
    private let limit: Int
    private(set) var count = 0

    init(limit: Int) {
        self.limit = limit
        var size = 16
        while size < 2 * limit { size *= 2 }
        slots = [Slot](repeating: Slot(), count: size)
    }

    var isFull: Bool { count >= limit }

    /// Must not be called when it is full.
    mutating func begin(_ stream: UInt32, at time: UInt64) {
        var place = home(of: stream)
        while slots[place].stream != 0 { place = (place + 1) & (slots.count - 1) }
        slots[place] = Slot(stream: stream, intendedAt: time)
        count += 1
    }

    mutating func receive(_ stream: UInt32, _ bytes: Int) {
        if let place = place(of: stream) { slots[place].received += bytes }
    }

    /// Nil if the stream is not one of them.
    mutating func end(_ stream: UInt32) -> Slot? {
        guard let place = place(of: stream) else { return nil }
        defer { slots[place].stream = 0 }
        count -= 1
        return slots[place]
    }

    private func home(of stream: UInt32) -> Int { Int(stream >> 1) & (slots.count - 1) }

    /// A free place ends no search, as its holder may have been there when the next one came.
    private func place(of stream: UInt32) -> Int? {
        let home = home(of: stream)
        for distance in slots.indices {
            let place = (home + distance) & (slots.count - 1)
            if slots[place].stream == stream { return place }
        }
        return nil
    }
}
