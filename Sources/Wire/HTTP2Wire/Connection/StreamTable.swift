/// Open streams by number: open addressing, at most half full.
///
/// A connection's streams count up, so the number itself is the perfect hash.
struct StreamTable {
    private var slots = [StreamState](repeating: StreamState(), count: smallest)
    private var mask = smallest - 1
    private(set) var count = 0

    private static let smallest = 16

    /// Above this, an empty table is made small again.
    private static let keptWhenEmpty = 1_024

    /// Always inlined: a coroutine that is called allocates memory for its frame.
    subscript(slot: Int) -> StreamState {
        @inline(__always) _read { yield slots[slot] }
        @inline(__always) _modify { yield &slots[slot] }
    }

    /// Valid until a stream is inserted or removed.
    func slot(of id: UInt32) -> Int? {
        var slot = Int(id >> 1) & mask
        while slots[slot].id != 0 {
            if slots[slot].id == id { return slot }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// The stream must not be in the table, nor be zero.
    mutating func insert(_ stream: StreamState) {
        if 2 * (count + 1) > slots.count { resize(to: 2 * slots.count) }
        place(stream)
        count += 1
    }

    private mutating func place(_ stream: StreamState) {
        var slot = Int(stream.id >> 1) & mask
        while slots[slot].id != 0 { slot = (slot + 1) & mask }
        slots[slot] = stream
    }

    /// Moves later streams up, so that searches never cross a hole.
    mutating func remove(at slot: Int) {
        count -= 1
        if count == 0, slots.count > Self.keptWhenEmpty {
            self = StreamTable()
            return
        }
        var hole = slot
        slots[hole] = StreamState()
        var next = (hole + 1) & mask
        while slots[next].id != 0 {
            let home = Int(slots[next].id >> 1) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots.swapAt(hole, next)
                hole = next
            }
            next = (next + 1) & mask
        }
    }

    mutating func removeAll() { self = StreamTable() }

    /// In order of their opening.
    var ids: [UInt32] { slots.lazy.map(\.id).filter { $0 != 0 }.sorted() }

    private mutating func resize(to size: Int) {
        let old = slots
        slots = [StreamState](repeating: StreamState(), count: size)
        mask = size - 1
        for stream in old where stream.id != 0 { place(stream) }
    }
}
