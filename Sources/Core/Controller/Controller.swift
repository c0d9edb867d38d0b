public import Model

/// The control group's state machine: what the cluster is.
///
/// Every node follows the control group, so that each reads the metadata locally. The state is an
/// immutable image; an applied record gives the next image and a delta that says what changed.
/// Missing here: tenants, and keyspaces that are on some of the nodes only.
public struct Controller: Sendable, Equatable {
    /// The module's limits for whoever reads images from bytes, as the module bears this type's name.
    public static let nodesMax = Limits.nodesMax
    public static let keyspacesMax = Limits.keyspacesMax
    public static let removedMembersMax = Limits.removedMembersMax
    public static let topicsMax = Limits.topicsMax
    public static let partitionsOfTopicMax = Limits.partitionsOfTopicMax
    public static let topicSettingsMax = Limits.topicSettingsMax
    public static let coordinatorsMax = Limits.coordinators

    public internal(set) var image: MetadataImage

    public init(image: MetadataImage = MetadataImage()) { self.image = image }

    /// Applies a committed record; says what it changed, which may be nothing.
    public mutating func apply(_ record: ClusterRecord) -> MetadataDelta {
        switch record {
        case .nodeRegistered(let node):
            guard !image.isFounded || image.member(node.id) != nil else {
                return .refused(.memberNotFound(node.id))
            }
            guard image.node(node.id)?.describesAs(node) != true else { return .unchanged }
            guard image.nodes.count < Limits.nodesMax || image.node(node.id) != nil else {
                return .refused(.tooManyNodes(limit: Limits.nodesMax))
            }
            return .node(image.register(node))
        case .keyspaceCreated(let name): return createKeyspace(name)
        case .keyspaceDropped(let name): return dropKeyspace(name)
        case .membersFounded(let members): return found(members)
        case .memberAdded(let member): return add(member)
        case .memberPromoted(let id): return promote(id)
        case .memberRemoved(let id): return remove(id)
        case .memberUpdated(let id, let peerURLs): return update(id, peerURLs: peerURLs)
        case .topicCreated(let creation): return createTopic(creation)
        case .topicDropped(let name): return dropTopic(name)
        case .partitionsAdded(let name, let count): return addPartitions(to: name, upTo: count)
        case .topicConfigured(let name, let settings, let removed):
            return configureTopic(name, settings, removing: removed)
        case .coordinatorsFounded: return foundCoordinators()
        }
    }
}

/// What one record changed.
public enum MetadataDelta: Sendable, Equatable {
    case unchanged
    case node(NodeRecord)
    case keyspace(KeyspaceRecord)
    case keyspaceDropped(KeyspaceRecord)

    /// Who belongs to the cluster, or where a member is reached.
    case members

    /// The topic is new, or has grown: its partitions from that one on are.
    case topic(TopicRecord, addedFrom: Int)
    case topicDropped(TopicRecord)
    case topicConfigured(TopicRecord)
    case coordinators([ReplicatedGroup])
    case refused(MetadataRefusal)
}

/// Why a record was not taken.
public enum MetadataRefusal: Sendable, Equatable {
    case nameTaken(KeyspaceRecord)

    /// No name of a keyspace: see `KeyspaceName`.
    case nameMalformed(String)

    case keyspaceNotFound(String)

    /// The keyspace that a cluster begins with stays.
    case defaultKeyspaceStays
    case tooManyNodes(limit: Int)
    case tooManyKeyspaces(limit: Int)

    /// The cluster's first leader has not yet said who belongs to it; to be tried again.
    case notFounded

    case memberExists(NodeID)
    case memberNotFound(NodeID)
    case peerURLTaken(String)
    case notLearner(NodeID)
    case tooManyLearners(limit: Int)
    case lastVoter(NodeID)

    /// No name of a topic: see `TopicName`.
    case topicNameMalformed(String)
    case topicExists(String)
    case topicNotFound(String)
    case tooManyTopics(limit: Int)
    case tooManyTopicSettings(limit: Int)
    case partitionCountOutOfRange(limit: Int)
    case tooManyPartitions(limit: Int)

    /// A topic's partitions only become more; it has that many.
    case partitionsNotMore(Int)

    /// There are not as many voting members as replicas are wanted, or none is wanted.
    case tooFewMembers(Int, wanted: Int)
}
