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
}

/// What became of a command; headers hold the revision and nothing else.
public enum KeyspaceResponse: Sendable, Equatable {
    case put(PutResponse)
    case deleteRange(DeleteRangeResponse)
    case txn(TxnResponse)
    case compaction(CompactionResponse)
    case leaseGrant(LeaseGrantResponse)
    case leaseRevoke(LeaseRevokeResponse)
    case leaseKeepAlive(LeaseKeepAliveResponse)
    case none
}

/// Why a keyspace refuses; etcd's clients know each by its message.
public enum KeyspaceError: Error, Sendable, Equatable {
    /// A request without a key.
    case keyNotProvided

    /// The key to keep value or lease of does not exist; or an operation that says nothing.
    case keyNotFound

    /// A value beside `ignore_value`.
    case valueProvided

    /// A lease beside `ignore_lease`.
    case leaseProvided

    /// More operations than a transaction may have.
    case tooManyOperations

    /// A transaction that writes a key twice.
    case duplicateKey

    /// The revision is gone; read again at the keyspace's `compactRevision` or later.
    case compacted

    /// The revision is not here yet.
    case futureRevision

    case leaseNotFound
    case leaseExists
    case leaseTTLTooLarge

    /// A sort order or target that etcd does not know.
    case invalidSortOption

    /// The request's bytes exceed the limit; fronts find it, a keyspace never.
    case requestTooLarge

    /// A snapshot's record that no keyspace can have written.
    case malformedSnapshot
}
