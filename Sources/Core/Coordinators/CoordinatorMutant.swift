#if MARTLET_MUTANTS
/// Bugs planted for the tests to find; no other build contains them.
public enum CoordinatorMutant: Int, CaseIterable, Sendable {
    /// Members hear of their assignments when the leader sends them.
    case assignsBeforeTheLog

    /// A commit of a former generation is taken.
    case commitsOfAnyGeneration

    /// The next leader counts generations from the beginning.
    case newLeaderForgetsGeneration

    /// A static member that comes back leaves its former self waiting for ever.
    case replacedWaiterIsForgotten

    /// A member of the consumer protocol gets its target whoever has it.
    case partitionsAreGivenAtOnce

    /// What must be let go is let go once it was asked for.
    case revocationNeedNotBeSaid

    /// A member of the consumer protocol hears what the log does not have yet.
    case heartbeatsDoNotWaitForTheLog

    /// A late EndTxn decides the transaction after its own (KAFKA-17754).
    case lateEndDecidesTheNext

    /// A producer that is fenced off goes on.
    case fencedProducerGoesOn

    /// A transaction is complete when the first partition knows.
    case completeTooEarly

    /// The next leader does not go on with what was decided.
    case newLeaderForgetsDecisions

    /// A new producer joins the open transaction of the one before.
    case openTransactionIsNotAborted

    /// A leader gives out producer IDs from the first on.
    case producersStartOver

    static let ofGroups: [CoordinatorMutant] = [
        .assignsBeforeTheLog, .commitsOfAnyGeneration,
        .newLeaderForgetsGeneration, .replacedWaiterIsForgotten,
    ]

    static let ofConsumers: [CoordinatorMutant] = [
        .partitionsAreGivenAtOnce, .revocationNeedNotBeSaid, .heartbeatsDoNotWaitForTheLog,
    ]
}
#endif
