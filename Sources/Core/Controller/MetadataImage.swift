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

    /// The last group that a keyspace was given.
    public private(set) var lastGroup: GroupID

    public init(
        nodes: [NodeRecord] = [],
        keyspaces: [KeyspaceRecord] = [],
        members: [MemberRecord] = [],
        removed: [NodeID] = [],
        lastGroup: GroupID = .lastReserved
    ) {
        self.nodes = nodes.sorted { $0.id < $1.id }
        self.keyspaces = keyspaces.sorted { $0.name < $1.name }
        self.members = members.sorted { $0.id < $1.id }
        self.removed = removed
        self.lastGroup = max(lastGroup, .lastReserved)
    }

    public func node(_ id: NodeID) -> NodeRecord? { nodes.first { $0.id == id } }

    public func keyspace(named name: String) -> KeyspaceRecord? {
        let place = place(of: name)
        return place < keyspaces.count && keyspaces[place].name == name ? keyspaces[place] : nil
    }

    mutating func register(_ node: NodeRecord) { nodes.put(node, by: \.id) }

    mutating func forget(_ node: NodeID) { nodes.removeAll { $0.id == node } }

    /// Of a name that none has.
    mutating func create(_ keyspace: KeyspaceRecord) {
        keyspaces.insert(keyspace, at: place(of: keyspace.name))
    }

    mutating func drop(_ keyspace: KeyspaceRecord) {
        keyspaces.removeAll { $0.group == keyspace.group }
    }

    mutating func takeGroup() -> GroupID {
        lastGroup = GroupID(lastGroup.number + 1)
        return lastGroup
    }

    /// Whether a keyspace was given this group, whether it still is or not.
    public func hasGiven(_ group: GroupID) -> Bool { group > .lastReserved && group <= lastGroup }

    /// Where the name is among the sorted ones, or would be.
    private func place(of name: String) -> Int {
        var lower = 0
        var upper = keyspaces.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if keyspaces[middle].name < name { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

extension Array {
    /// Puts a record where its key belongs among sorted ones, in place of the one with that key.
    mutating func put<Key: Comparable>(_ record: Element, by key: (Element) -> Key) {
        removeAll { key($0) == key(record) }
        insert(record, at: firstIndex { key($0) > key(record) } ?? endIndex)
    }
}
