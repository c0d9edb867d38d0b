internal import Bytes
internal import KeyspaceModel

/// A revision that deleted all keys of some leases, as their expiry or revocation does.
public struct LeaseEnd: Sendable, Equatable {
    public var revision: Int64

    /// Sorted; never empty.
    public var leases: [Int64]
    public var seenAt: UInt64

    /// Nil if the change is anything but the end of whole leases.
    init?(_ change: HistoricChange, _ before: ReferenceKeyspace) {
        var leases: [Int64] = []
        // Whatever the order of attaching, keys go in theirs: replicas must not differ.
        let keys = change.events.compactMap { $0.kv?.key }
        guard keys == keys.sorted() else { return nil }
        for event in change.events {
            guard event.type == .delete, let key = event.kv?.key,
                let lease = before.value(of: key)?.lease, lease != 0
            else { return nil }
            if !leases.contains(lease) { leases.append(lease) }
        }
        let attached = before.keyValues.filter { leases.contains($0.lease) }
        guard attached.count == change.events.count else { return nil }
        revision = change.revision
        self.leases = leases.sorted()
        seenAt = change.seenAt
    }

    /// Whether the change is the end of a lease but for some of its keys, which stay.
    static func isPartial(_ change: HistoricChange, _ before: ReferenceKeyspace) -> Bool {
        var leases: [Int64] = []
        for event in change.events {
            guard event.type == .delete, let key = event.kv?.key,
                let lease = before.value(of: key)?.lease, lease != 0
            else { return false }
            leases.append(lease)
        }
        return before.keyValues.count { leases.contains($0.lease) } > change.events.count
    }
}
