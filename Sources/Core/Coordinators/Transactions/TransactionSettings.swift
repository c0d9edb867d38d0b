/// What an operator may set of transactions; times in milliseconds.
public struct TransactionSettings: Sendable, Equatable {
    /// The first producer ID of this coordinator's share; shares of two coordinators do not overlap.
    public var producerIDBase: Int64 = 0

    public var timeoutMax = Limits.transactionTimeoutMax

    /// How long an unused transactional ID is kept: Kafka's `transactional.id.expiration.ms`.
    public var idRetention: Int64 = 7 * 86_400_000

    /// How often unused ones are looked for: Kafka's
    /// `transaction.remove.expired.transaction.cleanup.interval.ms`.
    public var idCheckInterval: Int64 = 3_600_000

    /// How often transactions that take too long are looked for: Kafka's
    /// `transaction.abort.timed.out.transaction.cleanup.interval.ms`.
    public var timeoutCheckInterval: Int64 = 10_000

    #if MARTLET_MUTANTS
    var mutant: CoordinatorMutant?
    #endif

    public init() {}
}
