public import Bytes

/// A group of the consumer protocol (KIP-848), as the log has it.
public struct ConsumerGroupRecord: Sendable, Equatable {
    /// Rises whenever something changes that an assignment depends on.
    public internal(set) var epoch: Int32 = 0

    /// The epoch for which the members' targets were made.
    public internal(set) var assignmentEpoch: Int32 = 0

    /// The topics that the targets were made of, by name.
    public internal(set) var topics: [CatalogTopic] = []
    var members: [ByteSlice: ConsumerMember] = [:]

    public func member(_ id: ByteSlice) -> ConsumerMember? { members[id] }

    /// Sorted.
    public var memberIDs: [ByteSlice] { members.keys.sorted() }

    mutating func apply(_ change: ConsumerGroupChange) {
        epoch = change.epoch
        assignmentEpoch = change.assignmentEpoch
        topics = change.topics
        if change.isWhole { members = [:] }
        for id in change.removed { members[id] = nil }
        for member in change.changed { members[member.id] = member }
    }
}

/// A topic as a group's coordinator knows it.
public struct CatalogTopic: Sendable, Hashable {
    public var name: ByteSlice

    /// A topic that is created anew has another one.
    public var id: ByteSlice
    public var partitionCount: Int32

    public init(name: ByteSlice, id: ByteSlice, partitionCount: Int32) {
        self.name = name
        self.id = id
        self.partitionCount = partitionCount
    }
}

/// A member of a group of the consumer protocol; partitions are named by their topics' IDs.
public struct ConsumerMember: Sendable, Equatable {
    public var id: ByteSlice
    public var instance: ByteSlice?
    public var rack: ByteSlice?
    public var clientID = ByteSlice.empty
    public var clientHost = ByteSlice.empty

    /// How long it may take to let partitions go, in milliseconds.
    public var rebalanceTimeout: Int32 = 0

    /// By name; sorted.
    public var subscription: [ByteSlice] = []
    public var assignor: ByteSlice?

    /// The assignment that it has reached; `ConsumerEpoch.awayForNow` of a static member that restarts.
    public var epoch: Int32 = 0

    /// The epoch before, in case that it did not hear of this one.
    public var formerEpoch: Int32 = 0

    /// What it may consume; sorted.
    public var assigned: [TopicPartition] = []

    /// What it must let go before it goes on; nobody else gets it before; sorted.
    public var revoked: [TopicPartition] = []

    /// What it is to have in the end; sorted.
    public var target: [TopicPartition] = []

    init(id: ByteSlice) { self.id = id }
}

/// What a member says in place of an epoch.
public enum ConsumerEpoch {
    public static let joining: Int32 = 0
    public static let leaving: Int32 = -1

    /// A static member goes and will come back.
    public static let awayForNow: Int32 = -2
}

/// What a step of a group of the consumer protocol changes; members are whole records.
public struct ConsumerGroupChange: Sendable, Equatable {
    /// There are no members but those named here: nobody knew what the log had.
    public var isWhole = false
    public var epoch: Int32
    public var assignmentEpoch: Int32
    public var topics: [CatalogTopic]
    public var changed: [ConsumerMember]
    public var removed: [ByteSlice]
}
