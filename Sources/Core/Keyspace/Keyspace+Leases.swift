internal import Bytes
public import KeyspaceModel
public import Model

/// Leases.
///
/// In etcd only the leader knows when a lease ends, and a new one starts them all again. Here
/// deadlines are part of the state, in the time that the log carries; the leader only looks for
/// those that have passed and proposes to revoke them. Whether they have is decided anew when that
/// command is applied: a keep-alive that committed before it wins.
extension Keyspace {
    mutating func grantLease(
        _ request: LeaseGrantRequest
    ) throws(KeyspaceError) -> LeaseGrantResponse {
        let id = LeaseID(request.id)
        // A front picks an identifier where the client gave none; here nothing may be random.
        guard id != .none else { throw .leaseNotFound }
        guard request.ttl <= Limits.leaseTTLSecondsMax else { throw .leaseTTLTooLarge }
        guard !leaseTable.contains(id) else { throw .leaseExists }
        let timeToLive = max(request.ttl, Limits.leaseTTLSecondsMin)
        let deadline = time.adding(seconds: timeToLive)
        leaseTable.add(id, Lease(timeToLive: timeToLive, deadline: deadline))
        return LeaseGrantResponse(header: header, id: request.id, ttl: timeToLive)
    }

    mutating func revokeLease(
        _ request: LeaseRevokeRequest
    ) throws(KeyspaceError) -> LeaseRevokeResponse {
        guard revoke(LeaseID(request.id)) else { throw .leaseNotFound }
        return LeaseRevokeResponse(header: header)
    }

    /// Renews a lease; one that does not exist is answered with a time to live of zero.
    mutating func keepLeaseAlive(_ request: LeaseKeepAliveRequest) -> LeaseKeepAliveResponse {
        let id = LeaseID(request.id)
        guard let lease = leaseTable.lease(id) else {
            return LeaseKeepAliveResponse(header: header, id: request.id, ttl: 0)
        }
        leaseTable.extend(id, to: time.adding(seconds: lease.timeToLive))
        return LeaseKeepAliveResponse(header: header, id: request.id, ttl: lease.timeToLive)
    }

    /// Leases that have not ended.
    public var leaseCount: Int { leaseTable.leases.count }

    /// Revokes those of the leases whose deadline has passed, each in a revision of its own.
    ///
    /// None in a corrupt cluster, where nothing may change.
    mutating func expireLeases(_ leases: [LeaseID]) -> KeyspaceResponse {
        guard !alarms.isCorrupt else { return .none }
        for id in leases {
            guard let lease = leaseTable.lease(id), isExpired(lease) else { continue }
            _ = revoke(id)
        }
        return .none
    }

    private func isExpired(_ lease: Lease) -> Bool {
        #if MARTLET_MUTANTS
        if mutant == .expiryIgnoresKeepAlive { return true }
        #endif
        return lease.deadline <= time
    }

    /// Removes a lease and deletes its keys in their order; false if there is no such lease.
    private mutating func revoke(_ id: LeaseID) -> Bool {
        guard let lease = leaseTable.remove(id) else { return false }
        var keys: [ByteSlice] = []
        lease.keys.visit(from: nil, to: nil) { key, _ in
            keys.append(key)
            return true
        }
        #if MARTLET_MUTANTS
        if mutant == .revokeForgetsAKey { _ = keys.popLast() }
        if mutant == .revokeInHashOrder { keys = Array(Set(keys)) }
        while mutant == .revokeInManyRevisions, keys.count > 1 {
            var writes = Writes(after: revision)
            if let version = history.liveVersion(of: keys.removeFirst()) {
                delete(version, &writes)
            }
            finish(writes)
        }
        #endif
        var writes = Writes(after: revision)
        for key in keys {
            if let version = history.liveVersion(of: key) { delete(version, &writes) }
        }
        finish(writes)
        return true
    }
}

/// What can be asked about leases.
extension Keyspace {
    /// All leases, in the order of their identifiers.
    public var leases: [LeaseID] {
        var leases: [LeaseID] = []
        leaseTable.leases.visit(from: nil, to: nil) { id, _ in
            leases.append(id)
            return true
        }
        return leases
    }

    /// The same in the order of their deadlines, as etcd lists them.
    public var leasesByDeadline: [LeaseID] {
        var leases: [LeaseID] = []
        leases.reserveCapacity(leaseCount)
        leaseTable.expiries.visit(from: nil, to: nil) { expiry, _ in
            leases.append(expiry.id)
            return true
        }
        return leases
    }

    /// How many keys are attached to a lease.
    public func keyCount(attachedTo id: LeaseID) -> Int {
        leaseTable.lease(id)?.keys.count ?? 0
    }

    /// How long a lease has still to live at `time`; minus one if there is no such lease.
    public func timeToLive(
        of id: LeaseID,
        at time: GroupTime,
        keys isListingKeys: Bool
    ) -> LeaseTimeToLiveResponse {
        guard let lease = leaseTable.lease(id) else {
            return LeaseTimeToLiveResponse(header: header, id: id.number, ttl: -1)
        }
        var response = LeaseTimeToLiveResponse(
            header: header,
            id: id.number,
            ttl: time.wholeSeconds(until: lease.deadline),
            grantedTTL: lease.timeToLive
        )
        if isListingKeys {
            lease.keys.visit(from: nil, to: nil) { key, _ in
                response.keys.append(key)
                return true
            }
        }
        return response
    }

    /// The leases whose deadline has passed at `time`, the earliest first: at most `limit`, and as
    /// many as have at most `keysMax` keys together, but one at least.
    public func expiredLeases(at time: GroupTime, limit: Int, keysMax: Int = .max) -> [LeaseID] {
        var expired: [LeaseID] = []
        var keyCount = 0
        leaseTable.expiries.visit(from: nil, to: nil) { expiry, _ in
            guard expiry.deadline <= time, expired.count < limit else { return false }
            keyCount += self.keyCount(attachedTo: expiry.id)
            guard expired.isEmpty || keyCount <= keysMax else { return false }
            expired.append(expiry.id)
            return true
        }
        return expired
    }

    /// When the next lease ends.
    public var nextExpiry: GroupTime? { leaseTable.expiries.first?.key.deadline }
}
