#if MARTLET_MUTANTS
/// Bugs planted for the simulator to find; no other build contains them.
public enum JournalMutant: Int, CaseIterable, Sendable {
    /// Damage in the middle is taken for a torn tail: what follows is dropped.
    case truncatesAtAnyDamage

    /// An append is acknowledged without a sync.
    case acknowledgesWithoutSync

    /// A sync that failed is taken for done.
    case retriesFailedSync

    /// A new file does not repeat the groups' terms and votes.
    case stateForgottenAtRoll

    /// A new file does not repeat which groups are damaged.
    case damageForgottenAtRoll

    /// A file is used again although it holds entries that no snapshot covers.
    case releasesTooEarly

    /// A snapshot's new name is not made durable.
    case snapshotRenamedWithoutDirectorySync

    /// A batch's body is not checked against its checksum.
    case bodyNotChecked

    /// A full disk stops the node, which should wait for space.
    case fullDiskIsFatal

    /// A group goes on over damage though its link leads to a batch that is lost.
    case linksNotChecked

    /// The scrubber takes what stands behind a file's last batch for one that has rotted.
    case coldFileIsReadTooFar
}
#endif
