internal import KeyspaceModel
public import Model

/// What clients are told of the cluster: its number, and who belongs to it.
public struct ClusterView: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
        public var id: NodeID
        public var name: String
        public var peerURLs: [String]
        public var clientURLs: [String]
        public var isLearner: Bool

        public init(
            id: NodeID,
            name: String,
            peerURLs: [String],
            clientURLs: [String],
            isLearner: Bool = false
        ) {
            self.id = id
            self.name = name
            self.peerURLs = peerURLs
            self.clientURLs = clientURLs
            self.isLearner = isLearner
        }
    }

    public var cluster: ClusterID

    /// Sorted by ID, as etcd lists them.
    public private(set) var members: [Member]

    public init(cluster: ClusterID, members: [Member]) {
        self.cluster = cluster
        self.members = members.sorted { $0.id < $1.id }
    }

    public func member(_ node: NodeID) -> Member? { members.first { $0.id == node } }

    var messages: [KeyspaceModel.Member] {
        members.map {
            KeyspaceModel.Member(
                id: $0.id.number,
                name: $0.name,
                peerURLs: $0.peerURLs,
                clientURLs: $0.clientURLs,
                isLearner: $0.isLearner
            )
        }
    }
}
