internal import Bytes
internal import Model

/// A lease, and the keys that go with it.
struct Lease: TreeValue {
    /// Granted time to live in seconds.
    let timeToLive: Int64

    /// The group's time at which it may be revoked.
    var deadline: GroupTime

    var keys = OrderedTree<ByteSlice, Membership>()

    init(timeToLive: Int64, deadline: GroupTime) {
        self.timeToLive = timeToLive
        self.deadline = deadline
    }
}

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

/// All leases, by identifier and by deadline.
struct LeaseTable: Sendable {
    private(set) var leases = OrderedTree<LeaseID, Lease>()
    private(set) var expiries = OrderedTree<LeaseExpiry, Membership>()

    private(set) var byteCount = 0

    func lease(_ id: LeaseID) -> Lease? { leases.value(of: id) }

    func contains(_ id: LeaseID) -> Bool { leases.contains(id) }

    mutating func add(_ id: LeaseID, _ lease: Lease) {
        leases.set(id, to: lease)
        expiries.set(LeaseExpiry(deadline: lease.deadline, id: id), to: Membership())
        byteCount += Limits.leaseOverheadBytes
    }

    mutating func remove(_ id: LeaseID) -> Lease? {
        guard let lease = leases.remove(id) else { return nil }
        expiries.remove(LeaseExpiry(deadline: lease.deadline, id: id))
        byteCount -= Limits.leaseOverheadBytes
        return lease
    }

    mutating func extend(_ id: LeaseID, to deadline: GroupTime) {
        guard let lease = leases.value(of: id) else { return }
        expiries.remove(LeaseExpiry(deadline: lease.deadline, id: id))
        expiries.set(LeaseExpiry(deadline: deadline, id: id), to: Membership())
        leases.modify(id) { $0.deadline = deadline }
    }

    /// Attaches a key; its bytes are copied, for a key may keep its lease through many requests.
    mutating func attach(_ key: ByteSlice, to id: LeaseID) {
        guard id != .none else { return }
        leases.modify(id) { $0.keys.set(key.compacted, to: Membership()) }
    }

    mutating func detach(_ key: ByteSlice, from id: LeaseID) {
        guard id != .none else { return }
        leases.modify(id) { $0.keys.remove(key) }
    }
}

extension GroupTime {
    /// The time `seconds` from here, or the end of time.
    func adding(seconds: Int64) -> GroupTime {
        let (milliseconds, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooFar) = number.addingReportingOverflow(milliseconds)
        return GroupTime(isTooLong || isTooFar ? .max : sum)
    }

    /// Whole seconds until `deadline`; zero once it has passed.
    func wholeSeconds(until deadline: GroupTime) -> Int64 {
        guard deadline > self else { return 0 }
        let (milliseconds, isTooLong) = deadline.number.subtractingReportingOverflow(number)
        return (isTooLong ? .max : milliseconds) / 1000
    }
}
