public import Bytes

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

    /// Nothing but the time, so that it goes on under the next leader.
    case advanceTime
}
