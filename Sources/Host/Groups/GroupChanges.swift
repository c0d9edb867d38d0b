internal import Controller
internal import Model

/// A group that the control group's log says there is.
struct WantedGroup {
    enum Kind {
        case keyspace
        case partition
        case coordinator
    }

    let id: GroupID
    let kind: Kind

    /// Who voted when it began, first who is to lead first.
    let founders: [NodeID]

    /// Who holds it; all members if nil.
    let replicas: [NodeID]?

    /// In words, for complaints.
    let name: String

    init(_ keyspace: KeyspaceRecord) {
        id = keyspace.group
        kind = .keyspace
        founders = keyspace.founders
        replicas = nil
        name = "keyspace \(keyspace.name)"
    }

    init(_ topic: TopicRecord, partition: Int) {
        id = topic.partitions[partition].group
        kind = .partition
        founders = topic.partitions[partition].founders
        replicas = topic.partitions[partition].replicas
        name = "partition \(topic.name)/\(partition)"
    }

    init(coordinator: ReplicatedGroup) {
        id = coordinator.group
        kind = .coordinator
        founders = coordinator.founders
        replicas = coordinator.replicas
        name = "coordinator \(coordinator.group)"
    }

    func isHeld(by node: NodeID) -> Bool { replicas?.contains(node) ?? true }

    static func all(_ image: MetadataImage) -> [WantedGroup] {
        image.keyspaces.map { WantedGroup($0) }
            + image.topics.flatMap { topic in
                topic.partitions.indices.map { WantedGroup(topic, partition: $0) }
            }
            + image.coordinators.map { WantedGroup(coordinator: $0) }
    }
}

/// What the control group's log says of groups, until the shard has followed it.
struct GroupChanges {
    enum Change {
        /// `mayBeLost` says that the disk may have held it, and have lost it.
        case created(WantedGroup, mayBeLost: Bool)
        case dropped(GroupID)
    }

    var held = HeldReplicas()

    /// The end of the control group's log when the node started: what it says up to here, the node
    /// may have followed before.
    ///
    /// Of a damaged log it is not known before that is repaired.
    var knownIndex = LogIndex.zero

    /// Whether the whole image is to be compared: after the start, with a snapshot, and when members
    /// that came or went may have moved groups to this node.
    var isImageNew = true

    private var changes: [Change] = []

    var areDue: Bool { isImageNew || !changes.isEmpty }

    mutating func note(_ delta: MetadataDelta?, at index: LogIndex) {
        switch delta {
        case .keyspace(let keyspace): create([WantedGroup(keyspace)], at: index)
        case .keyspaceDropped(let keyspace): changes.append(.dropped(keyspace.group))
        case .topic(let topic, let first):
            let places = topic.partitions.indices[first...]
            create(places.map { WantedGroup(topic, partition: $0) }, at: index)
        case .topicDropped(let topic):
            changes += topic.partitions.map { .dropped($0.group) }
        case .coordinators(let groups):
            create(groups.map { WantedGroup(coordinator: $0) }, at: index)
        case .members: isImageNew = true
        case .unchanged, .node, .topicConfigured, .refused, nil: return
        }
    }

    private mutating func create(_ groups: [WantedGroup], at index: LogIndex) {
        let mayBeLost = mayBeLost(at: index)
        changes += groups.map { .created($0, mayBeLost: mayBeLost) }
    }

    func mayBeLost(at index: LogIndex) -> Bool { held.isJournalDamaged && index <= knownIndex }

    mutating func takeAll() -> [Change] {
        defer { changes = [] }
        return changes
    }
}
