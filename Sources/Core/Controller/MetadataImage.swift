public import Model

/// The cluster's metadata at one index of the control group's log.
public struct MetadataImage: Sendable, Equatable {
    /// Sorted by ID.
    public private(set) var nodes: [NodeRecord]

    /// Sorted by name.
    public private(set) var keyspaces: [KeyspaceRecord]

    /// Sorted by ID; none until the first leader has said who founded the cluster.
    public internal(set) var members: [MemberRecord]

    /// Former members, the last removed last.
    public internal(set) var removed: [NodeID]

    /// Sorted by name.
    public internal(set) var topics: [TopicRecord]

    /// The groups of consumers' offsets and transactions; none before Kafka's clients came.
    public internal(set) var coordinators: [ReplicatedGroup]

    /// The last group that was given, to a keyspace, a partition or a coordinator.
    public private(set) var lastGroup: GroupID

    /// The highest number that a node was given for Kafka's clients.
    public private(set) var lastBroker: BrokerID

    public init(
        nodes: [NodeRecord] = [],
        keyspaces: [KeyspaceRecord] = [],
        members: [MemberRecord] = [],
        removed: [NodeID] = [],
        lastGroup: GroupID = .lastReserved,
        topics: [TopicRecord] = [],
        coordinators: [ReplicatedGroup] = [],
        lastBroker: BrokerID = BrokerID(0)
    ) {
        self.nodes = nodes.sorted { $0.id < $1.id }
        self.keyspaces = keyspaces.sorted { $0.name < $1.name }
        self.members = members.sorted { $0.id < $1.id }
        self.removed = removed
        self.lastGroup = max(lastGroup, .lastReserved)
        self.topics = topics.sorted { $0.name < $1.name }
        self.coordinators = coordinators
        self.lastBroker = lastBroker
    }

    public func node(_ id: NodeID) -> NodeRecord? { nodes.first { $0.id == id } }

    public func keyspace(named name: String) -> KeyspaceRecord? {
        let place = keyspaces.place(of: name, by: \.name)
        return place < keyspaces.count && keyspaces[place].name == name ? keyspaces[place] : nil
    }

    /// With the number that it has, or the next.
    mutating func register(_ node: NodeRecord) -> NodeRecord {
        var node = node
        if let known = self.node(node.id), known.broker != .none {
            node.broker = known.broker
        } else {
            lastBroker = BrokerID(lastBroker.number + 1)
            node.broker = lastBroker
        }
        nodes.put(node, by: \.id)
        return node
    }

    mutating func forget(_ node: NodeID) { nodes.removeAll { $0.id == node } }

    /// Of a name that none has.
    mutating func create(_ keyspace: KeyspaceRecord) {
        keyspaces.insert(keyspace, at: keyspaces.place(of: keyspace.name, by: \.name))
    }

    mutating func drop(_ keyspace: KeyspaceRecord) {
        keyspaces.removeAll { $0.group == keyspace.group }
    }

    mutating func takeGroup() -> GroupID {
        lastGroup = GroupID(lastGroup.number + 1)
        return lastGroup
    }

    /// Whether this group was given to something, whether that still is or not.
    public func hasGiven(_ group: GroupID) -> Bool { group > .lastReserved && group <= lastGroup }
}

extension Array {
    /// Where the key is among records sorted by it, or would be; found by halving.
    func place<Key: Comparable>(of wanted: Key, by key: (Element) -> Key) -> Int {
        var lower = 0
        var upper = count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if key(self[middle]) < wanted { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }

    /// Puts a record where its key belongs among sorted ones, in place of the one with that key.
    mutating func put<Key: Comparable>(_ record: Element, by key: (Element) -> Key) {
        removeAll { key($0) == key(record) }
        insert(record, at: firstIndex { key($0) > key(record) } ?? endIndex)
    }
}
