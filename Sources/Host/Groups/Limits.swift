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

    /// Who may wait for one change of leader.
    public static let transferWaitersMax = 64

    /// Read rounds that a follower has asked its leader for and not heard of.
    public static let readRoundsInFlightMax = 4

    /// Bytes of a snapshot in one frame: large enough to stream, small beside the frame limit.
    public static let snapshotChunkBytes = 256 * 1024

    /// Records of a keyspace encoded as one chunk of a snapshot file.
    public static let snapshotRecordsPerChunk = 512

    /// Changes that a tick sweeps after a compaction: some milliseconds of work at most.
    static let changesSweptPerTick = 500

    /// Leases revoked by one command, so that an entry stays small.
    public static let leasesExpiredPerCommandMax = 1_000

    /// Bytes of a snapshot's metadata: a configuration and a header.
    public static let snapshotMetadataBytesMax = 1 << 20
}
