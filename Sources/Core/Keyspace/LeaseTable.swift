internal import Bytes
internal import Model

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
