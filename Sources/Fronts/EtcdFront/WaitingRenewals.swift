/// A queue of leases; what is taken from its front is forgotten now and then, not each time.
struct WaitingRenewals {
    private var leases: [Int64] = []
    private var first = 0

    var count: Int { leases.count - first }

    mutating func append(_ lease: Int64) { leases.append(lease) }

    mutating func takeFirst() -> Int64? {
        guard first < leases.count else { return nil }
        defer { first += 1 }
        if first > 1_000, 2 * first > leases.count {
            leases.removeFirst(first)
            first = 0
        }
        return leases[first]
    }
}
