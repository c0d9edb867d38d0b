public import KeyspaceModel
public import Model

/// What a group's log can tell a keyspace to do.
public enum KeyspaceCommand: Sendable {
    case put(PutRequest)
    case deleteRange(DeleteRangeRequest)
    case txn(TxnRequest)
    case compact(CompactionRequest)
    case leaseGrant(LeaseGrantRequest)
    case leaseRevoke(LeaseRevokeRequest)
    case leaseKeepAlive(LeaseKeepAliveRequest)

    /// Proposed by a leader; revokes those of the leases whose deadline has passed indeed.
    case expireLeases([LeaseID])

    /// Proposed by a leader, so that time passes where nobody writes.
    case advanceTime

    /// Raises, disarms or lists alarms.
    case alarm(AlarmRequest)
}
