#if MARTLET_MUTANTS
/// Bugs planted for the tests to find; no other build contains them.
public enum KeyspaceMutant: Int, CaseIterable, Sendable {
    /// A nested transaction's compares see what the transaction wrote before.
    case comparesSeeEarlierWrites

    /// A deletion that finds nothing raises the revision.
    case deletingNothingIsAWrite

    /// A compaction drops the tombstones of its very revision.
    case compactionDropsItsTombstones

    /// A revoked lease leaves its last key.
    case revokeForgetsAKey

    /// A revoked lease's keys are deleted in an order of this process.
    case revokeInHashOrder

    /// Leases proposed for expiry are revoked though a keep-alive came before.
    case expiryIgnoresKeepAlive

    /// A key that comes again counts its versions on.
    case versionSurvivesDeletion

    /// No compare holds for a missing key.
    case missingKeysCompareFalse

    /// A transaction's read that cannot be served is noticed after what was written before it
    /// (etcd #18667).
    case readFailsAfterWrites

    /// A revoked lease's keys go in a revision each.
    case revokeInManyRevisions

    /// A put may have a lease that has ended.
    case putIgnoresLeaseEnd

    /// A compare of create revisions takes a deleted key for what it was: who has lost a lock goes
    /// on writing.
    case comparesSeeDeletedKeys

    /// The value before an event is the one that it brought.
    case previousValueIsNew

    /// A watch from the compact revision misses the deletions of that revision (etcd #19179).
    case compactedDeletionsAreHidden

    /// A snapshot goes by what is left after a compaction: a deletion that was last is forgotten,
    /// and its revision is given again (etcd #17780).
    case snapshotForgetsLastDeletion
}
#endif
