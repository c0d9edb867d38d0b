public import Model

/// A topic's name for the wire from Kafka 2.8 on (KIP-516): one that was deleted and created again
/// has another.
public struct TopicID: Sendable, Hashable, Comparable {
    public var high: UInt64
    public var low: UInt64

    /// Stands for none.
    public static let zero = TopicID(high: 0, low: 0)

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static func < (left: TopicID, right: TopicID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// A node as Kafka's clients name it; 32 bits on the wire.
public struct BrokerID: Identifier {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }

    /// Of a node that has not registered; on the wire, of nobody.
    public static let none = BrokerID(-1)
}

/// One topic: partitions, each a group of its own, and what was said of it.
public struct TopicRecord: Sendable, Equatable {
    public var name: String
    public var id: TopicID

    /// Numbered from 0.
    public var partitions: [ReplicatedGroup]

    /// Those that were set, sorted by name; the others have their defaults.
    public var settings: [TopicSetting]

    public init(
        name: String,
        id: TopicID,
        partitions: [ReplicatedGroup],
        settings: [TopicSetting] = []
    ) {
        self.name = name
        self.id = id
        self.partitions = partitions
        self.settings = settings
    }

    public func setting(_ name: String) -> String? { settings.first { $0.name == name }?.value }
}

/// A group that some of the members hold.
public struct ReplicatedGroup: Sendable, Equatable {
    public var group: GroupID

    /// Who voted when it began, first who is to lead first; never changes.
    public var founders: [NodeID]

    /// Who is to hold it now.
    public var replicas: [NodeID]

    /// `replicas` are the founders if nothing is said.
    public init(group: GroupID, founders: [NodeID], replicas: [NodeID]? = nil) {
        self.group = group
        self.founders = founders
        self.replicas = replicas ?? founders
    }
}

/// One of a topic's settings, with Kafka's name for it, such as `retention.ms`.
public struct TopicSetting: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A topic that is asked for.
public struct TopicCreation: Sendable, Equatable {
    public var name: String

    /// Chosen by chance by whoever asks.
    public var id: TopicID
    public var partitionCount: Int

    /// On how many members each partition is to be.
    public var replicationFactor: Int
    public var settings: [TopicSetting]

    public init(
        name: String,
        id: TopicID,
        partitionCount: Int,
        replicationFactor: Int,
        settings: [TopicSetting] = []
    ) {
        self.name = name
        self.id = id
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.settings = settings
    }
}

/// What a topic may be called, as Kafka has it.
public enum TopicName {
    public static func isSound(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...Limits.topicNameBytesMax).contains(bytes.count), name != ".", name != ".."
        else { return false }
        return bytes.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
}
