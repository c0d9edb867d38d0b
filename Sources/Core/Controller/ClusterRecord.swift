public import Model

/// A change of the cluster's metadata, as the control group's log holds it.
public enum ClusterRecord: Sendable, Equatable {
    /// A node has started, or its addresses have changed.
    case nodeRegistered(NodeRecord)

    /// A keyspace exists and is held by a group; its name is never used again for another group.
    case keyspaceCreated(KeyspaceRecord)

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

    public init(id: NodeID, name: String, peerAddress: String, clientURLs: [String]) {
        self.id = id
        self.name = name
        self.peerAddress = peerAddress
        self.clientURLs = clientURLs
    }
}

/// One keyspace, an isolated etcd, and the group that holds it.
public struct KeyspaceRecord: Sendable, Equatable {
    public var name: String
    public var group: GroupID

    public init(name: String, group: GroupID) {
        self.name = name
        self.group = group
    }
}
