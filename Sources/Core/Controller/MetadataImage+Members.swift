public import Model

// Who belongs to the cluster.
extension MetadataImage {
    /// Whether it is known who belongs to the cluster; before, the nodes' own settings say it.
    public var isFounded: Bool { !members.isEmpty }

    public func member(_ id: NodeID) -> MemberRecord? { members.first { $0.id == id } }

    public func isRemoved(_ id: NodeID) -> Bool { removed.contains(id) }

    /// The members that are to vote.
    public var votingMembers: [NodeID] { members.filter { !$0.isLearner }.map(\.id) }

    public var learningMembers: [NodeID] { members.filter(\.isLearner).map(\.id) }

    /// A member has started once its node has told of itself.
    public func hasStarted(_ id: NodeID) -> Bool { node(id) != nil }

    mutating func put(_ member: MemberRecord) { members.put(member, by: \.id) }

    mutating func remove(_ id: NodeID) {
        members.removeAll { $0.id == id }
        forget(id)
        replaceReplicas(of: id)
        removed.append(id)
        if removed.count > Limits.removedMembersMax {
            removed.removeFirst(removed.count - Limits.removedMembersMax)
        }
    }
}
