public import KeyspaceModel

/// What became of a command; headers hold the revision and nothing else.
public enum KeyspaceResponse: Sendable, Equatable {
    case put(PutResponse)
    case deleteRange(DeleteRangeResponse)
    case txn(TxnResponse)
    case compaction(CompactionResponse)
    case leaseGrant(LeaseGrantResponse)
    case leaseRevoke(LeaseRevokeResponse)
    case leaseKeepAlive(LeaseKeepAliveResponse)
    case alarm(AlarmResponse)
    case none
}
