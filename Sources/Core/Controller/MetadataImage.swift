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

    public init(
        nodes: [NodeRecord] = [],
        keyspaces: [KeyspaceRecord] = [],
        members: [MemberRecord] = [],
        removed: [NodeID] = []
    ) {
        self.nodes = nodes.sorted { $0.id < $1.id }
        self.keyspaces = keyspaces.sorted { $0.name < $1.name }
        self.members = members.sorted { $0.id < $1.id }
        self.removed = removed
    }

    public func node(_ id: NodeID) -> NodeRecord? { nodes.first { $0.id == id } }

    public func keyspace(named name: String) -> KeyspaceRecord? {
        keyspaces.first { $0.name == name }
    }

    mutating func register(_ node: NodeRecord) { nodes.put(node, by: \.id) }

    mutating func forget(_ node: NodeID) { nodes.removeAll { $0.id == node } }

    mutating func create(_ keyspace: KeyspaceRecord) { keyspaces.put(keyspace, by: \.name) }
}

extension Array {
    /// Puts a record where its key belongs among sorted ones, in place of the one with that key.
    mutating func put<Key: Comparable>(_ record: Element, by key: (Element) -> Key) {
        removeAll { key($0) == key(record) }
        insert(record, at: firstIndex { key($0) > key(record) } ?? endIndex)
    }
}
