#if MARTLET_MUTANTS
/// Bugs planted for the simulator to find; no other build contains them.
public enum GroupsMutant: Int, CaseIterable, Sendable {
    /// A leader takes a replayed forward for a new command.
    case replayedForwardIsProposedAgain

    /// A read is served as soon as its round is confirmed, applied or not.
    case readIgnoresAppliedIndex

    /// A follower serves a linearizable read without asking the leader.
    case followerReadsLocally

    /// A write is answered when it is proposed, not when it is applied.
    case answersBeforeCommit

    /// A snapshot may cover entries that are not yet on this disk, and the log forgets them.
    case snapshotBeyondDurableLog

    /// A received snapshot does not replace the keyspace.
    case snapshotInstallKeepsOldState

    /// A sync's completion is taken for that of the batch behind it too.
    case completionCoversNextBatch
}
#endif
