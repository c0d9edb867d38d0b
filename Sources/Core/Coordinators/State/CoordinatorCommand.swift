public import Bytes
public import Model

/// What a coordinator group's log can say; made by its leader's coordinator.
public enum CoordinatorCommand: Sendable, Equatable {
    case commitOffsets(group: ByteSlice, [OffsetCommit])

    /// A group has a generation that is assigned, another static member, or no members left.
    case storeGroup(ByteSlice, GroupRecord)

    /// The groups go, with their offsets.
    case deleteGroups([ByteSlice])

    /// Nobody is subscribed to what is named, or the topics are gone.
    case deleteOffsets(group: ByteSlice, [TopicPartition])

    /// What is named and has indeed not been used for `retention` milliseconds goes, and with its last
    /// offset a group without members.
    case expireOffsets(group: ByteSlice, [TopicPartition], retention: Int64)

    /// A step of a group of the consumer protocol.
    case changeConsumers(group: ByteSlice, ConsumerGroupChange)

    /// Offsets that hold once their transaction is committed.
    case pendOffsets(group: ByteSlice, OffsetsInTransaction)

    /// A transaction with offsets of the group is decided.
    case endOffsets(group: ByteSlice, OffsetsMarker)

    /// A leader may give out as many more producer IDs.
    case takeProducers(count: Int64)

    /// A transactional ID's next state, if it still is in the one before.
    case storeTransaction(ByteSlice, TransactionRecord)

    /// Goes if it has not been used for `retention` milliseconds.
    case forgetTransaction(ByteSlice, retention: Int64)

    /// Their markers are `retention` milliseconds old: whatever is late is later than that.
    case forgetProducers([ProducerID], retention: Int64)

    /// Nothing but the time, so that it goes on under the next leader.
    case advanceTime
}

/// Offsets that a producer commits for a group within its transaction.
public struct OffsetsInTransaction: Sendable, Equatable {
    public var producer: ProducerID
    public var epoch: ProducerEpoch
    public var commits: [OffsetCommit]

    public init(producer: ProducerID, epoch: ProducerEpoch, commits: [OffsetCommit]) {
        self.producer = producer
        self.epoch = epoch
        self.commits = commits
    }
}

/// What a transaction's coordinator tells a group's: the same as a marker tells a partition.
public struct OffsetsMarker: Sendable, Equatable {
    public var producer: ProducerID
    public var epoch: ProducerEpoch
    public var isCommitted: Bool

    public init(producer: ProducerID, epoch: ProducerEpoch, isCommitted: Bool) {
        self.producer = producer
        self.epoch = epoch
        self.isCommitted = isCommitted
    }
}
