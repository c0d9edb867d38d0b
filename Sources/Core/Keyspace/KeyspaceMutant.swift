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
}
#endif
