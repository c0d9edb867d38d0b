#if MARTLET_MUTANTS
/// Bugs to be planted on purpose in the delivery of watches, one at a time.
public enum WatchMutant: Int, CaseIterable, Sendable {
    /// A watch that has caught up misses the last revision before it goes live.
    case skipsRevisionOnGoingLive

    /// A watch that has caught up gets the last revision again when it goes live.
    case deliversTwiceOnGoingLive

    /// A stream hears of progress while its watches still lag.
    case progressBeforeSync

    /// A watch that starts in the future gets what happens before.
    case futureGetsOlderEvents

    /// After a snapshot is restored, watches go on as if they had seen what it contains.
    case restoreKeepsSynced

    /// What a slow stream cannot take is forgotten (etcd #17529).
    case slowStreamLosesEvents

    /// A stream that can take more again is not served what waited for it.
    case writableStreamStaysParked

    /// The events of one revision come in two responses.
    case splitsRevision

    /// A watch that starts in the future hears of progress before (etcd #20221).
    case futureHearsOfProgress
}
#endif
