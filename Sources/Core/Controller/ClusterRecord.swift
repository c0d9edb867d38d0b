public import Model

/// A change of the cluster's metadata, as the control group's log holds it.
public enum ClusterRecord: Sendable, Equatable {
    /// A node has started, or its addresses have changed.
    case nodeRegistered(NodeRecord)

    /// A keyspace of that name is to be; which group holds it, and where, is decided when this is
    /// applied, so that two that are asked for at once never share one.
    case keyspaceCreated(String)

    /// The keyspace goes, with all its keys; its name may be used again, its group never.
    case keyspaceDropped(String)

    /// Who belonged to the cluster when it began; a second one changes nothing.
    case membersFounded([MemberRecord])

    case memberAdded(MemberRecord)

    /// A learner is to vote.
    case memberPromoted(NodeID)

    /// For good: the ID is never used again.
    case memberRemoved(NodeID)

    case memberUpdated(NodeID, peerURLs: [String])

    case topicCreated(TopicCreation)

    /// The topic goes, with all its records; its name may be used again, its ID and groups never.
    case topicDropped(String)

    /// The topic is to have that many partitions in all.
    case partitionsAdded(topic: String, count: Int)

    /// Settings in place of those of the same names; those in `removed` have their defaults again.
    case topicConfigured(topic: String, settings: [TopicSetting], removed: [String])

    /// Consumers' groups and transactions are to have their groups; a second one changes nothing.
    case coordinatorsFounded
}

/// One member as the cluster wants it, whether it has started or not.
public struct MemberRecord: Sendable, Equatable {
    public var id: NodeID

    /// Where other nodes reach it, `http://host:port` or `https://host:port`.
    public var peerURLs: [String]

    /// Gets everything, and has no vote.
    public var isLearner: Bool

    public init(id: NodeID, peerURLs: [String], isLearner: Bool = false) {
        self.id = id
        self.peerURLs = peerURLs
        self.isLearner = isLearner
    }
}

/// One node, as it described itself when it last started.
public struct NodeRecord: Sendable, Equatable {
    public var id: NodeID
    public var name: String

    /// Where other nodes reach it, `host:port`.
    public var peerAddress: String

    /// Where etcd's clients reach it, as URLs.
    public var clientURLs: [String]

    /// Its disk when it started, as far as it was written then.
    public var life: NodeLife

    /// Where Kafka's clients reach it, `host:port`; empty if nowhere.
    public var kafkaAddress: String

    /// Its number for Kafka's clients, given when it first registers: 1 for the first node.
    public var broker: BrokerID

    public init(
        id: NodeID,
        name: String,
        peerAddress: String,
        clientURLs: [String],
        life: NodeLife = .unknown,
        kafkaAddress: String = "",
        broker: BrokerID = .none
    ) {
        self.id = id
        self.name = name
        self.peerAddress = peerAddress
        self.clientURLs = clientURLs
        self.life = life
        self.kafkaAddress = kafkaAddress
        self.broker = broker
    }

    /// Whether it says the same of itself, whatever its number.
    public func describesAs(_ other: NodeRecord) -> Bool {
        var other = other
        other.broker = broker
        return self == other
    }
}

/// One keyspace, an isolated etcd, and the group that holds it.
public struct KeyspaceRecord: Sendable, Equatable {
    public var name: String
    public var group: GroupID

    /// Who voted when it began, the one that is to lead first; who votes later is in its own log.
    ///
    /// Empty for the keyspace that a cluster begins with: there the nodes' settings say it.
    public var founders: [NodeID]

    public init(name: String, group: GroupID, founders: [NodeID] = []) {
        self.name = name
        self.group = group
        self.founders = founders
    }
}
