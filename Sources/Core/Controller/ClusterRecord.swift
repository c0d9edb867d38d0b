public import Model

/// A change of the cluster's metadata, as the control group's log holds it.
public enum ClusterRecord: Sendable, Equatable {
    /// A node has started, or its addresses have changed.
    case nodeRegistered(NodeRecord)

    /// A keyspace exists and is held by a group; its name is never used again for another group.
    case keyspaceCreated(KeyspaceRecord)
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
