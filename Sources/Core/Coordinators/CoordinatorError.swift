/// Why a coordinator refuses; the numbers are those of Kafka's protocol.
public enum CoordinatorError: Int16, Error, Sendable {
    /// The offset's metadata is longer than `Limits.offsetMetadataBytesMax`.
    case offsetMetadataTooLarge = 12

    /// This node has just come to lead, and does not know yet all that the last one promised.
    case coordinatorLoadInProgress = 14

    /// The group is being deleted, or what was proposed did not get into the log; try again.
    case coordinatorNotAvailable = 15

    /// This node leads no more; find the coordinator again.
    case notCoordinator = 16

    /// Of an earlier generation, or of none; join again.
    case illegalGeneration = 22

    /// No protocol that all members share, or another one than the group has.
    case inconsistentGroupProtocol = 23
    case invalidGroupID = 24

    /// Join again without a member ID.
    case unknownMemberID = 25

    /// Outside of `Limits.sessionTimeoutMin ... sessionTimeoutMax`.
    case invalidSessionTimeout = 26

    /// Join again.
    case rebalanceInProgress = 27

    /// More partitions than `Limits.offsetsMax`.
    case invalidCommitOffsetSize = 28

    /// What the request says goes beyond a limit, or contradicts itself.
    case invalidRequest = 42

    /// The producer has another one with its ID and a later epoch behind it.
    case invalidProducerEpoch = 47

    /// Nothing to commit or to abort, or the other of both was decided.
    case invalidTransactionState = 48

    /// The producer ID is not that of the transactional ID.
    case invalidProducerIDMapping = 49

    /// Not above zero, or above `Limits.transactionTimeoutMax`.
    case invalidTransactionTimeout = 50

    /// Something else is being done for the transactional ID; try again.
    case concurrentTransactions = 51

    /// More groups than `Limits.groupsMax`; delete some.
    case policyViolation = 44
    case nonEmptyGroup = 68
    case groupIDNotFound = 69

    /// Join again with the ID that the answer has (KIP-394).
    case memberIDRequired = 79

    /// More members than `Limits.membersMax`.
    case groupMaxSizeReached = 81

    /// Another member has taken over the instance ID (KIP-345).
    case fencedInstanceID = 82

    /// A member is subscribed to the topic.
    case groupSubscribedToTopic = 86

    /// A transaction that is not decided yet holds an offset (KIP-447); try again.
    case unstableOffsetCommit = 88

    /// Another producer has the transactional ID now; stop.
    case producerFenced = 90
    case transactionalIDNotFound = 105

    /// Let everything go and join again.
    case fencedMemberEpoch = 110

    /// The static member under that instance ID must leave first.
    case unreleasedInstanceID = 111

    /// Only `uniform` and `range` are known.
    case unsupportedAssignor = 112

    /// Try again with the epoch that the next heartbeat brings.
    case staleMemberEpoch = 113

    /// Abort the transaction and begin another (KIP-890).
    case transactionAbortable = 120
}
