/// The limits of this module, each with its reason.
enum Limits {
    /// Slots of a tree node: as many as `TreeNode.liveMask` has bits; a search then touches few
    /// cache lines, and an insertion moves at most a kilobyte.
    static let treeSlotsMax = 64

    /// Fingerprints that are looked at together: a cache line of them.
    static let fingerprintsPerRow = 8

    /// Below this a node joins a neighbour; far below the half, so that churn at a node's edge does
    /// not split and join it again and again.
    static let treeSlotsMin = 16

    /// Up to this two neighbours become one node, with room left for insertions.
    static let treeSlotsAfterJoinMax = 48

    /// Operations in one list of a transaction, nested lists counted: etcd's `--max-txn-ops`.
    static let operationsMax = 128

    /// Operations in a whole transaction.
    ///
    /// etcd has no such limit; its depth-dependent one lets a request of 1.5 MiB nest so deeply
    /// that the check for duplicate keys takes seconds.
    static let operationsTotalMax = 16_384

    /// The shortest lease in seconds: etcd's minimum at its default election timeout, as a lease
    /// that ends before a leader can be replaced would promise what nobody can keep.
    static let leaseTTLSecondsMin: Int64 = 2

    /// The longest lease in seconds: etcd's, so that milliseconds never overflow.
    static let leaseTTLSecondsMax: Int64 = 9_000_000_000

    /// Alarms at once: more than any cluster has members, as a client may raise any.
    static let alarmsMax = 1_024

    /// What a put costs beside its key and value: etcd's estimate, for its quota.
    static let putCostBytes = 256

    /// What a lease costs: etcd's estimate.
    static let leaseCostBytes = 64

    /// The highest revision and version that a snapshot may carry; counting on from it cannot
    /// overflow within the age of the universe.
    static let snapshotNumberMax: Int64 = 1 << 62

    /// Changes of one revision: what a position has room for (`PackedPosition`), and far more than
    /// there can be keys in memory.
    static let changesPerRevisionMax: Int64 = 1 << 32

    /// Changes that a compaction removes or keeps at once; about a millisecond.
    static let changesSweptByCompactionMax = 1_000

    /// Changes that every later command sweeps while a compaction is unfinished: more than it
    /// usually writes, so that the compaction ends, and little enough not to be felt.
    static let changesSweptByCommandMax = 32

    /// What a version costs beside its key and value, for `Keyspace.byteCount`.
    ///
    /// The object, its slots in two trees and the arrays' heads, as measured.
    static let versionOverheadBytes = 240

    /// What a lease costs without its keys.
    static let leaseOverheadBytes = 200

    /// Writes of one transaction that may keep the request's bytes alive together.
    ///
    /// Beyond this each gets bytes of its own: one survivor must not keep the whole request in
    /// memory.
    static let writesSharingBytesMax = 4

    /// Places reserved for a range before it is read, as it may be cut short.
    static let versionsReservedMax = 8_192

    /// Bytes of encoded versions that are gathered before they are hashed.
    static let hashedAtOnceBytes = 64 << 10
}
