/// What bounds one replica's memory and messages.
///
/// `RaftSettings` begins with these; the numbers that guard arithmetic are fixed.
enum Limits {
    /// The highest term that is believed.
    ///
    /// A term of 2⁶⁴ - 1 from a broken peer must not make the next election overflow; four billion
    /// elections a second reach this after thirty years.
    static let termMax: UInt64 = 1 << 62

    /// The highest log index that is believed, for the same reason.
    static let indexMax: UInt64 = 1 << 62

    /// The highest round number that is believed; a leader counts rounds from 1.
    static let readRoundMax: UInt64 = 1 << 62

    /// Ten heartbeats may be lost before an election (Raft §5.6: election timeout ≫ round trip).
    static let electionTicks = 10

    static let heartbeatTicks = 1

    /// What a group is left awake after its last request: to wake costs a round of heartbeats, so it
    /// must not happen between two requests of one client.
    static let quiesceTicks = 2 * electionTicks

    /// Appends under way to one follower; at one a turn this is far more than a round trip takes.
    static let inflightAppendsMax = 256

    /// Bytes under way to one follower: what 10 Gbit/s carry in 13 ms, and the most that a dead
    /// connection can keep in memory.
    static let inflightBytesMax = 16 << 20

    /// Bytes of one append.
    ///
    /// Large enough for throughput, small enough that a heartbeat behind it on the same connection
    /// is not late.
    static let appendBytesMax = 1 << 20

    /// Bytes proposed but not committed, beyond which proposals are refused: with a majority away
    /// the leader must not collect writes without end.
    static let uncommittedBytesMax = 64 << 20

    /// Bytes of committed entries given out at once, so that a long backlog after a restart does
    /// not hold up other groups of the shard.
    static let applyBytesMax = 4 << 20

    /// Entries kept behind a snapshot, so that a follower that was briefly away needs no snapshot;
    /// etcd's number (`SnapshotCatchUpEntries`).
    static let catchUpEntries = 5_000

    /// Reads waiting for a round; one request each, some ten bytes.
    static let readsWaitingMax = 65_536

    /// Read rounds open at once.
    ///
    /// Rounds cost a heartbeat to each voter; beyond this many within one round trip, later reads
    /// gather for the next.
    static let readRoundsMax = 16

    /// A learner may become a voter once it lacks at most this share of the leader's log: etcd's
    /// measure (`readyPercentThreshold`), so that the first commit need not wait for it for long.
    static let learnerLagShare: UInt64 = 10

    /// What an entry weighs besides its payload: so that empty entries count against limits, too.
    static let entryOverheadBytes = 48
}
