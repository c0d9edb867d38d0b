/// The coordinators' limits, each with its reason.
public enum Limits {
    /// Groups of one coordinator: their names are sorted for a list and for a check of expired offsets.
    public static let groupsMax = 20_000

    /// Members of a group, those included that were given an ID and have not joined with it yet; all
    /// of them are in one answer to the group's leader, and in one entry of the log.
    public static let membersMax = 2_000

    /// Protocols that a member offers; real clients offer a handful.
    public static let protocolsMax = 32

    /// Bytes that a member says beside a committed offset: Kafka's `offset.metadata.max.bytes`.
    public static let offsetMetadataBytesMax = 4_096

    /// Bytes of a name: of a group, a member, an instance, a topic, a protocol, a client.
    ///
    /// What Kafka's classic encoding of strings can say.
    public static let nameBytesMax = Int(Int16.max)

    /// Bytes of a member's subscription over all its protocols, and of its assignment.
    public static let memberBytesMax = 1 << 20

    /// Bytes of one group's record, which is one entry of the log.
    public static let groupBytesMax = 8 << 20

    /// Partitions of one commit, and of one group altogether; what a group holds is in memory.
    public static let offsetsMax = 200_000

    /// The shortest session, in milliseconds: Kafka's `group.min.session.timeout.ms`, as a change of
    /// leader must fit in.
    public static let sessionTimeoutMin: Int32 = 6_000

    /// The longest session, in milliseconds: Kafka's `group.max.session.timeout.ms`.
    public static let sessionTimeoutMax: Int32 = 1_800_000

    /// The longest rebalance that is believed, in milliseconds; a day.
    public static let rebalanceTimeoutMax: Int32 = 86_400_000

    /// How long a new member may wait for its first generation, in milliseconds: Kafka's.
    public static let newMemberJoinTimeout: Int64 = 300_000

    /// How long until a proposal that nobody waits for is made again, in milliseconds.
    public static let proposalRetryDelay: Int64 = 1_000

    /// Offsets that one command lets expire, so that an entry stays small.
    public static let offsetsExpiredPerCommandMax = 1_000

    /// Groups that are looked at for expired offsets at a time; a millisecond or so.
    public static let groupsCheckedAtOnce = 64

    /// Topics that a member of the consumer protocol is subscribed to.
    public static let subscribedTopicsMax = 10_000

    /// Transactional IDs of one coordinator.
    public static let transactionalIDsMax = 100_000

    /// Partitions and groups of one transaction; its record, an entry of the log, names all of them.
    public static let transactionPartitionsMax = 10_000

    /// The longest transaction, in milliseconds: Kafka's `transaction.max.timeout.ms`.
    public static let transactionTimeoutMax: Int32 = 900_000

    /// Producer IDs that a leader takes from the log at once; what it does not use is lost.
    public static let producersPerBlock: Int64 = 1_000

    /// Who may wait for a block of producer IDs.
    public static let producerWaitersMax = 10_000

    /// Transactional IDs that are looked at for long disuse at a time.
    public static let transactionsCheckedAtOnce = 1_000

    /// How long it is looked whether a proposal of unknown fate was applied after all, in milliseconds.
    public static let doubtDuration: Int64 = 60_000

    /// Members of the consumer protocol in one chunk of a snapshot.
    public static let consumersPerChunk = 256

    /// Bytes after which a chunk of a snapshot ends; with the last record it may be longer.
    public static let snapshotChunkBytesWanted = 1 << 20
}
