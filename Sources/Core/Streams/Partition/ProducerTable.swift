internal import Model

/// The producers of a partition.
///
/// A hash table of our own: its order is the same in every process, and after a copy a change
/// copies one small bucket. Coordinators give out producer IDs in rows, so that their low bits
/// spread them.
struct ProducerTable: Sendable {
    /// A power of two of them, each sorted by ID.
    private var buckets: [[ProducerState]] = [[]]
    private(set) var count = 0

    subscript(id: ProducerID) -> ProducerState? {
        let bucket = bucket(of: id)
        let place = place(of: id, in: bucket)
        guard place < buckets[bucket].count, buckets[bucket][place].id == id else { return nil }
        return buckets[bucket][place]
    }

    /// Changes the producer in place; it must be there.
    mutating func change(_ id: ProducerID, _ body: (inout ProducerState) -> Void) {
        let bucket = bucket(of: id)
        let place = place(of: id, in: bucket)
        precondition(
            place < buckets[bucket].count && buckets[bucket][place].id == id,
            "a producer that is not there is changed"
        )
        body(&buckets[bucket][place])
    }

    /// False if there is one of that ID.
    mutating func insert(_ state: ProducerState) -> Bool {
        if count >= buckets.count * Limits.producersPerBucket { grow() }
        let bucket = bucket(of: state.id)
        let place = place(of: state.id, in: bucket)
        guard place == buckets[bucket].count || buckets[bucket][place].id != state.id else {
            return false
        }
        buckets[bucket].insert(state, at: place)
        count += 1
        return true
    }

    mutating func removeAll(where isGone: (ProducerState) -> Bool) {
        for bucket in buckets.indices where buckets[bucket].contains(where: isGone) {
            let before = buckets[bucket].count
            buckets[bucket].removeAll(where: isGone)
            count -= before - buckets[bucket].count
        }
    }

    /// When that of them was last used which may be forgotten first.
    var oldestUse: GroupTime? {
        buckets.lazy.joined().filter { $0.transactionStart == nil }.map(\.lastUsed).min()
    }

    /// All of them, by ID.
    var sorted: [ProducerState] { buckets.flatMap { $0 }.sorted { $0.id < $1.id } }

    private func bucket(of id: ProducerID) -> Int {
        Int(truncatingIfNeeded: id.number) & (buckets.count - 1)
    }

    private func place(of id: ProducerID, in bucket: Int) -> Int {
        var low = 0
        var high = buckets[bucket].count
        while low < high {
            let middle = (low + high) / 2
            if buckets[bucket][middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func grow() {
        let old = buckets
        buckets = Array(repeating: [], count: old.count * 2)
        for state in old.joined() { buckets[bucket(of: state.id)].append(state) }
    }
}
