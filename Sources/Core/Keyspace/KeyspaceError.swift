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

    /// A member has raised the alarm that its space is used up: delete, compact, then disarm.
    case noSpace

    /// A member has raised the alarm that its data differs from the others'.
    case corrupt

    /// More alarms than any cluster has members; disarm some.
    case tooManyAlarms

    /// The request's bytes exceed the limit; fronts find it, a keyspace never.
    case requestTooLarge

    /// A snapshot's record that no keyspace can have written.
    case malformedSnapshot
}
