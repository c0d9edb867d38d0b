internal import Model

/// Leases in the order of their deadlines; equal deadlines in that of their identifiers.
struct LeaseExpiry: TreeKey {
    let deadline: GroupTime
    let id: LeaseID

    func order(against other: LeaseExpiry) -> Int {
        if deadline != other.deadline { return deadline < other.deadline ? -1 : 1 }
        return id.order(against: other.id)
    }

    func fingerprint(after count: Int) -> UInt64 { deadline.number.orderedBits }
}
