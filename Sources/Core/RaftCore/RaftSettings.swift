/// How one replica behaves; all replicas of a group should agree on the ticks.
public struct RaftSettings: Sendable {
    /// T: an election begins after [T, 2T) ticks without a leader, and a leader that has not heard
    /// from a majority for T ticks steps down.
    public var electionTicks = Limits.electionTicks

    public var heartbeatTicks = Limits.heartbeatTicks

    /// A leader that was asked nothing for so long may quiesce.
    public var quiesceTicks = Limits.quiesceTicks

    /// Appends, and bytes of them, that may be under way to one follower.
    public var inflightAppendsMax = Limits.inflightAppendsMax
    public var inflightBytesMax = Limits.inflightBytesMax

    /// Bytes of entries in one append; a single entry may exceed it.
    public var appendBytesMax = Limits.appendBytesMax

    /// Bytes of entries proposed and not committed; a single entry may exceed it.
    public var uncommittedBytesMax = Limits.uncommittedBytesMax

    /// Bytes of entries in one `Ready.committed`; a single entry may exceed it.
    public var applyBytesMax = Limits.applyBytesMax

    /// Entries kept behind a snapshot for followers that are a little late.
    public var catchUpEntries = Limits.catchUpEntries

    public var readsWaitingMax = Limits.readsWaitingMax

    #if MARTLET_MUTANTS
    public var mutant: RaftMutant?
    #endif

    public init() {}
}
