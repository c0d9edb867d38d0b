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

    public init(
        id: NodeID,
        name: String,
        peerAddress: String,
        clientURLs: [String],
        life: NodeLife = .unknown
    ) {
        self.id = id
        self.name = name
        self.peerAddress = peerAddress
        self.clientURLs = clientURLs
        self.life = life
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
