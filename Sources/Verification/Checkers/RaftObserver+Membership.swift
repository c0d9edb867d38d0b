public import Model

/// Who votes, and who did before a change that is not concluded.
public struct ObservedConfiguration: Sendable, Equatable {
    public var voters: [NodeID]
    public var outgoing: [NodeID]

    public init(voters: [NodeID], outgoing: [NodeID] = []) {
        self.voters = voters
        self.outgoing = outgoing
    }

    /// Whether these are a majority of the voters, and of the outgoing ones.
    func isQuorum(_ nodes: [NodeID]) -> Bool {
        Self.isMajority(nodes, of: voters)
            && (outgoing.isEmpty || Self.isMajority(nodes, of: outgoing))
    }

    private static func isMajority(_ nodes: [NodeID], of voters: [NodeID]) -> Bool {
        voters.count { nodes.contains($0) } > voters.count / 2
    }

    /// Whether a quorum of one and a quorum of the other may have nobody in common.
    func mayDecideApart(from other: ObservedConfiguration) -> Bool {
        var everybody = voters + outgoing
        for node in other.voters + other.outgoing where !everybody.contains(node) {
            everybody.append(node)
        }
        // So few nodes that all ways to part them can be tried.
        return (0..<(1 << everybody.count)).contains { choice in
            let some = everybody.indices.filter { choice >> $0 & 1 == 1 }.map { everybody[$0] }
            return isQuorum(some) && other.isQuorum(everybody.filter { !some.contains($0) })
        }
    }
}

// Who belongs to a group, by the entries of its log (thesis §4).
extension RaftObserver {
    struct ConfigurationRecord: Sendable {
        var name: EntryName
        var configuration: ObservedConfiguration
    }

    /// A replica hands an entry that says who votes to its journal; to be told before `wrote`.
    ///
    /// With what the replica's log said until then it must have no two quorums apart from each other;
    /// `before` is what the same batch said of that, if it did, and `first` where the batch begins.
    public mutating func configured(
        _ configuration: ObservedConfiguration,
        at index: LogIndex,
        in term: Term,
        of group: GroupID,
        on node: NodeID,
        after before: ObservedConfiguration? = nil,
        batchFrom first: LogIndex? = nil
    ) throws(Violation) {
        let groupPlace = place(group)
        let name = EntryName(index: index, term: term)
        guard !groups[groupPlace].configurations.contains(where: { $0.name == name }) else {
            return
        }
        let replicaPlace = place(group, node)
        let before = before ?? self.configuration(of: replicaPlace, before: first ?? index)
        guard !before.mayDecideApart(from: configuration) else {
            throw Violation(
                .quorumOverlap,
                "entry \(index) of group \(group) makes \(configuration.voters) the voters after "
                    + "\(before.voters): two majorities could decide apart"
            )
        }
        let place =
            groups[groupPlace].configurations.firstIndex { $0.name.index > index }
            ?? groups[groupPlace].configurations.endIndex
        groups[groupPlace].configurations.insert(
            ConfigurationRecord(name: name, configuration: configuration),
            at: place
        )
    }

    /// What the replica's log says of who votes, up to but not with `index`.
    func configuration(
        of place: Int,
        before index: LogIndex = LogIndex(.max)
    ) -> ObservedConfiguration {
        let replica = replicas[place]
        let group = groups.first { $0.id == replica.group }
        let latest = group?.configurations.last { record in
            let name = record.name
            guard name.index < index else { return false }
            // Of what a snapshot stands for only what was committed can be meant.
            let position = Int(name.index.number) - 1
            if replica.log.covers(name.index), position < group?.committed.count ?? 0 {
                return group?.committed[position].term == name.term
            }
            return replica.log.holds(name.index, name.term)
        }
        return latest?.configuration ?? founders
    }

    /// Whether these nodes could commit the entry, by the configuration that is committed up to it.
    ///
    /// What lies between the two entries of a change may be committed after the second.
    func isCommittable(
        _ index: LogIndex,
        _ term: Term,
        by nodes: [NodeID],
        in group: GroupID
    ) -> Bool {
        let records = groups.first { $0.id == group }?.configurations ?? []
        let committed = groups.first { $0.id == group }?.committed ?? []
        let latest = records.last { record in
            if record.name == EntryName(index: index, term: term) { return true }
            guard record.name.index < index else { return false }
            let position = Int(record.name.index.number) - 1
            return position < committed.count && committed[position].term == record.name.term
        }
        guard let latest else { return founders.isQuorum(nodes) }
        if latest.configuration.isQuorum(nodes) { return true }
        return latest.name.index < index && !latest.configuration.outgoing.isEmpty
            && ObservedConfiguration(voters: latest.configuration.voters).isQuorum(nodes)
    }
}
