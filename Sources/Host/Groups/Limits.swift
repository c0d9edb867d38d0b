/// The shard's limits.
public enum Limits {
    /// Proposals of one group that wait for their outcome; beyond it clients are told to slow down.
    public static let proposalsInFlightMax = 100_000

    /// Reads of one group that wait for a round; as many as proposals.
    public static let readsWaitingMax = 100_000

    /// Proposals held back while no leader is known; an election should not cost more memory.
    public static let proposalsHeldBackMax = 10_000

    /// Bytes of the proposals held back; a single one may exceed it.
    public static let bytesHeldBackMax = 64 << 20

    /// Bytes that gather for the journal while an append is under way; beyond it a leader takes no
    /// more, as its followers may commit without its disk.
    static let gatheredBytesMax = 64 << 20

    /// Writes that wait for the append under way, beyond which their messages are dropped; far more
    /// than come during a sync.
    static let receiptsGatheredMax = 100_000

    /// Who may wait for one change of leader.
    public static let transferWaitersMax = 64

    /// URLs of one kind that a node has.
    public static let urlsPerNodeMax = 64

    /// Election timeouts without a leader after which a damaged group is said to stand still.
    static let electionsUntilHalted = 4

    /// Ticks between two looks at whether a group's members are those that the cluster wants.
    static let ticksBetweenMemberChecks = 4

    /// Read rounds that a follower has asked its leader for and not heard of.
    public static let readRoundsInFlightMax = 4

    /// Read rounds that a leader has open for all nodes; each node has a few.
    static let readRoundsMax = 1_024

    /// Bytes of a snapshot in one frame: large enough to stream, small beside the frame limit.
    public static let snapshotChunkBytes = 256 * 1024

    /// Bytes of snapshots that a node sends in a second: half of what 1 Gbit/s carries, so that whoever
    /// catches up leaves the other half to those who vote.
    public static let snapshotBytesPerSecond = 64 << 20

    /// Bytes of cold data that are read again in a second: a thousandth of what a disk can do, and 64 GiB
    /// in five hours.
    public static let scrubBytesPerSecond = 4 << 20

    /// Records of a keyspace taken at once for a snapshot.
    public static let snapshotRecordsPerChunk = 512

    /// Bytes of keys and values after which a chunk ends; with the last value it may be longer.
    static let snapshotChunkBytesWanted = 1 << 20

    /// Bytes of a saved keyspace that are read at once to check it.
    static let fileBytesReadAtOnce = 1 << 20

    /// Leases of one chunk of a snapshot file, 24 bytes each.
    static let snapshotLeasesPerChunk = 32_768
    /// What an entry costs in memory beside its payload.
    static let entryOverheadBytes = 96

    /// A snapshot is taken once this part (one in so many) of the last one's size was logged since: of
    /// a state that grows, some five times its size is written in all.
    static let snapshotStateShare = 4

    /// The latest group time that is believed, in milliseconds: sums with it cannot overflow, and it
    /// is 285,000 years.
    static let groupTimeMax: Int64 = 1 << 53

    /// Changes that a tick sweeps after a compaction: some milliseconds of work at most.
    static let changesSweptPerTick = 500

    /// Leases revoked by one command, so that an entry stays small.
    public static let leasesExpiredPerCommandMax = 1_000

    /// Keys that go with the leases of one command, which is applied at once: some milliseconds.
    ///
    /// A single lease may have more.
    static let keysExpiredPerCommandMax = 2_000

    /// Heartbeats between two tellings of who leads what, to nodes that hold no replica of it: a
    /// frame with the news may have been lost.
    static let heartbeatsBetweenTellings = 50
}
