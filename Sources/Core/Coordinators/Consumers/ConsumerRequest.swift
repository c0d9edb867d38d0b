public import Bytes

/// What a member of the consumer protocol says; nil means "as before".
public struct ConsumerHeartbeatRequest: Sendable, Equatable {
    public var group: ByteSlice

    /// Made by the client, or by the front for a client of version 0 that joins.
    public var member: ByteSlice

    /// Of the assignment that it has, or one of `ConsumerEpoch`.
    public var epoch: Int32
    public var instance: ByteSlice?
    public var rack: ByteSlice?
    public var clientID: ByteSlice
    public var clientHost: ByteSlice

    /// In milliseconds; −1 means "as before".
    public var rebalanceTimeout: Int32
    public var subscription: [ByteSlice]?
    public var assignor: ByteSlice?

    /// The partitions that it holds, by their topics' IDs.
    public var owned: [TopicPartition]?

    /// The topics that there are.
    public var catalog: TopicCatalog

    public init(
        group: ByteSlice,
        member: ByteSlice,
        epoch: Int32,
        instance: ByteSlice? = nil,
        rack: ByteSlice? = nil,
        clientID: ByteSlice = .empty,
        clientHost: ByteSlice = .empty,
        rebalanceTimeout: Int32 = -1,
        subscription: [ByteSlice]? = nil,
        assignor: ByteSlice? = nil,
        owned: [TopicPartition]? = nil,
        catalog: TopicCatalog
    ) {
        self.group = group
        self.member = member
        self.epoch = epoch
        self.instance = instance
        self.rack = rack
        self.clientID = clientID
        self.clientHost = clientHost
        self.rebalanceTimeout = rebalanceTimeout
        self.subscription = subscription
        self.assignor = assignor
        self.owned = owned
        self.catalog = catalog
    }
}

/// The topics that there are, as the control group's metadata has them.
public struct TopicCatalog: Sendable, Equatable {
    /// Another one whenever a topic came, went or grew.
    public var version: UInt64
    private var byName: [ByteSlice: CatalogTopic] = [:]

    public init(version: UInt64, _ list: [CatalogTopic]) {
        self.version = version
        for topic in list { byName[topic.name] = topic }
    }

    public func topic(_ name: ByteSlice) -> CatalogTopic? { byName[name] }
}

/// What a member of the consumer protocol is told.
public struct ConsumerHeartbeatAnswer: Sendable, Equatable {
    public var error: CoordinatorError?
    public var member = ByteSlice.empty
    public var epoch: Int32 = 0

    /// In milliseconds.
    public var heartbeatInterval: Int32 = 0

    /// What it may consume, if that has changed or it asked; by the topics' IDs, sorted.
    public var assignment: [TopicPartition]?
}

/// A group of the consumer protocol, for people.
public struct ConsumerGroupDescription: Sendable, Equatable {
    public var error: CoordinatorError?
    public var group: ByteSlice
    public var phase = ConsumerGroupPhase.dead
    public var epoch: Int32 = 0
    public var assignmentEpoch: Int32 = 0
    public var assignor = ByteSlice.empty

    /// By ID.
    public var members: [ConsumerMember] = []
}

/// Where a group of the consumer protocol is, by Kafka's names.
public enum ConsumerGroupPhase: String, Sendable, CaseIterable {
    case empty = "Empty"
    case assigning = "Assigning"
    case reconciling = "Reconciling"
    case stable = "Stable"
    case dead = "Dead"
}
