#if MARTLET_MUTANTS
/// A bug planted on purpose, to show that the tests would find it.
public enum JournalMutant: Int, CaseIterable, Sendable {
    /// Recovery takes every bad checksum for the end of the log.
    case truncatesAtDamage

    /// After a failed sync it syncs again and believes the second answer.
    case retriesFailedSync

    /// Every fourth sync is left out.
    case skipsSyncs

    /// Frames are not under a checksum, only their batch's header.
    case checksumsHeaderOnly

    /// A new file begins without the groups' terms and votes.
    case forgetsStateAtRoll

    /// The oldest file goes although it has entries that nothing covers.
    case releasesTooEarly

    /// A snapshot is renamed, but its directory is not synced.
    case leavesSnapshotNameUnsynced

    /// The rest of an overwritten log comes back at recovery.
    case keepsOverwrittenEntries
}
#endif
