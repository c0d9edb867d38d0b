public import RaftCore

/// What an operator or the simulator may tune.
public struct ShardSettings: Sendable {
    /// How often a shard ticks its groups.
    public var tickNanoseconds: UInt64 = 50_000_000

    public var raft = RaftSettings()

    /// How long a request may wait; etcd's own sum of 5 s and two election timeouts.
    public var requestTimeoutTicks = 140

    /// How long a follower waits for the answer to a read round before it asks again.
    public var readRetryTicks = 10

    /// How long a snapshot transfer may stand still before it is given up.
    public var snapshotStallTicks = 100

    /// Bytes of snapshots that leave this node in a second, for all followers together.
    public var snapshotBytesPerSecond = Limits.snapshotBytesPerSecond

    /// A snapshot is taken once this many entries were applied since the last one.
    public var snapshotEntries = 200_000

    /// A snapshot is taken also once this many bytes of them were.
    public var snapshotBytes = 256 << 20

    /// Bytes of cold data that are read again in a second, to find what has rotted; zero: none.
    public var scrubBytesPerSecond = Limits.scrubBytesPerSecond

    /// How long the scrubber rests once it has been through everything.
    public var scrubPauseTicks = 200

    /// How often the leader of a keyspace that has leases writes down the time.
    public var advanceTimeTicks = 100

    /// How long an append may be under way before this node hands over what it leads: a disk that
    /// hangs would hold up everybody's reads and memory.
    public var appendStallTicks = 40
    /// The bytes that each keyspace may have before the alarm `NOSPACE` is raised; nil: no limit.
    public var quotaBytes: Int?

    /// How long a full disk is left alone before the append is tried again.
    public var storageRetryTicks = 20

    #if MARTLET_MUTANTS
    public var mutant: GroupsMutant?
    #endif

    public init() {}
}
