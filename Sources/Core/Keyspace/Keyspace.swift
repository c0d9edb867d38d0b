internal import KeyspaceModel
public import Model

// Keyspace: etcd's data model as a pure value.
//
// A keyspace holds keys, each with its versions since the last compaction, and leases, to which
// keys may be attached. Commands come from a Raft group's log and are applied in its order; equal
// commands in equal order give equal keyspaces on every node: there is no clock but the time that
// the log carries, no randomness, and nothing whose order depends on a hash.
//
// Every command that writes raises the revision by one, and all its changes stand under that
// revision in order (etcd's main and sub). A range can be read at any revision since the last
// compaction; a watch is the log of changes, read from a revision on.
//
// All is kept in ordered trees that are copied in constant time (`OrderedTree`), so a snapshot, a
// hash or a long range takes a copy and never stops the writers.
//
//   Keyspace+Writes      put, deleteRange          Keyspace+Leases      grant, revoke, keep-alive
//   Transaction          compares, branches        Keyspace+Compaction  forgetting, bit by bit
//   RangeRead            range with its options    Keyspace+Hash        etcd's HashKV
//   RequestCheck         what etcd refuses early   Keyspace+Snapshot    out as records, and back
//   Keyspace+Alarms      what is forbidden, why    Keyspace+Cost        what a request would add
//   KeyHistory           the versions              LeaseTable           the leases
//   WatchHub             who watches it on this node
//
// The semantics are etcd's (its reference and sources, 3.6); where ours differ, the place says so.

/// A store of keys and leases, as etcd has one; copying it takes constant time.
public struct Keyspace: Sendable {
    /// What etcd reports as compact revision of a store that was never compacted.
    public static let neverCompacted = Revision(-1)

    /// The revision of the last write; 1 if there was none.
    public internal(set) var revision = Revision.initial

    /// Below it, revisions can no longer be read; at it they can.
    public internal(set) var compactRevision = Keyspace.neverCompacted

    /// The group's time, as far as the log has told it; lease deadlines are measured by it.
    public internal(set) var time = GroupTime.zero

    /// What members have found wrong.
    public internal(set) var alarms = AlarmTable()

    var history = KeyHistory()
    var leaseTable = LeaseTable()

    /// From here on, changes up to the compact revision have yet to be swept.
    var sweepPosition = ChangePosition()

    #if MARTLET_MUTANTS
    /// The bug planted in this keyspace.
    public var mutant: KeyspaceMutant?
    #endif

    public init() {}

    public var keyCount: Int { history.liveCount }

    /// Keys that a reader may have to pass: also those deleted and not yet forgotten.
    public var keysHeld: Int { history.newest.count }

    /// About how much memory all of it takes.
    public var byteCount: Int { history.byteCount + leaseTable.byteCount }

    /// Applies a command that the group's log holds, at the time its entry carries.
    ///
    /// A failure changes nothing but the time. All checks are made again, for a command may have
    /// been proposed by a node that checks less.
    public mutating func apply(
        _ command: consuming KeyspaceCommand,
        at time: GroupTime
    ) -> Result<KeyspaceResponse, KeyspaceError> {
        self.time = max(self.time, time)
        if isCompacting { sweep(limit: Limits.changesSweptByCommandMax) }
        do throws(KeyspaceError) {
            if !alarms.isEmpty { try refuseAlarmed(command) }
            return .success(try execute(command))
        } catch {
            return .failure(error)
        }
    }

    private mutating func execute(
        _ command: consuming KeyspaceCommand
    ) throws(KeyspaceError) -> KeyspaceResponse {
        switch consume command {
        case .put(let request): .put(try put(request))
        case .deleteRange(let request): .deleteRange(try deleteRange(request))
        case .txn(let request): .txn(try transact(request))
        case .compact(let request): .compaction(try compact(request))
        case .leaseGrant(let request): .leaseGrant(try grantLease(request))
        case .leaseRevoke(let request): .leaseRevoke(try revokeLease(request))
        case .leaseKeepAlive(let request): .leaseKeepAlive(keepLeaseAlive(request))
        case .expireLeases(let leases): expireLeases(leases)
        case .advanceTime: .none
        case .alarm(let request): .alarm(try alarm(request))
        }
    }

    var header: ResponseHeader { ResponseHeader(revision: revision.number) }
}
