/// What an operator may set of groups; times in milliseconds.
public struct GroupSettings: Sendable, Equatable {
    /// How long the first member of an empty group waits for others: Kafka's
    /// `group.initial.rebalance.delay.ms`.
    public var initialRebalanceDelay: Int64 = 3_000

    /// How long the offsets of a group without members are kept: Kafka's `offsets.retention.minutes`.
    public var offsetsRetention: Int64 = 7 * 86_400_000

    /// How often expired offsets are looked for: Kafka's `offsets.retention.check.interval.ms`.
    public var offsetsCheckInterval: Int64 = 600_000

    /// How long a producer's last marker is remembered, by which late offsets are known: Kafka's
    /// `producer.id.expiration.ms`.
    public var producersRetention: Int64 = 86_400_000

    /// How long a member of the consumer protocol may be silent: Kafka's
    /// `group.consumer.session.timeout.ms`.
    public var consumerSessionTimeout: Int32 = 45_000

    /// How often it is to be heard: Kafka's `group.consumer.heartbeat.interval.ms`.
    public var consumerHeartbeatInterval: Int32 = 5_000

    public var sessionTimeoutMin = Limits.sessionTimeoutMin
    public var sessionTimeoutMax = Limits.sessionTimeoutMax
    public var membersMax = Limits.membersMax

    #if MARTLET_MUTANTS
    var mutant: CoordinatorMutant?
    #endif

    public init() {}
}
