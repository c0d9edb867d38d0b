internal import Controller
internal import Groups
internal import Model

// Where members change, what a cluster survives depends on who decides: no disk may be exchanged, and
// nobody removed, so that by the rules nobody could lead any more.
extension ClusterSimulation {
    /// Whether every majority that may be needed is there without the node and those exchanged before.
    func survivesExchange(of place: Int) -> Bool {
        guard options.memberPause > 0 else { return true }
        let lost = nodes.indices.filter { $0 == place || nodes[$0].isExchanged }.map {
            nodes[$0].id
        }
        return survives(without: lost, in: nodes.indices.map { $0 }, leaving: askedToLeave)
    }

    /// Whether a member may be asked to leave; those whose disk was exchanged may.
    func mayLeave(_ member: NodeID) -> Bool {
        let lost = nodes.filter(\.isExchanged).map(\.id)
        guard !lost.isEmpty, !lost.contains(member) else { return true }
        guard let image = leader(of: .control).flatMap({ nodes[$0].running?.shard.metadata }) else {
            return false
        }
        // What a former member, or one that is behind, still takes for its group decides nothing.
        let current = nodes.indices.filter { image.member(nodes[$0].id) != nil }
        return survives(without: lost, in: current, leaving: askedToLeave + [member])
    }

    private func survives(
        without lost: [NodeID],
        in places: [Int],
        leaving: [NodeID]
    ) -> Bool {
        places.flatMap { electorates(of: $0, joinedBy: lost) }.allSatisfy { electorate in
            let gone = electorate.count { lost.contains($0) }
            let least = electorate.count { !leaving.contains($0) }
            return gone == 0 || 2 * gone < least
        }
    }

    /// All whose majorities decide, or are to, as a node knows them.
    ///
    /// Learners that are lost count: they may be voters before anybody notices.
    private func electorates(of place: Int, joinedBy lost: [NodeID]) -> [[NodeID]] {
        guard let shard = nodes[place].running?.shard else { return [] }
        var found: [[NodeID]] = []
        if let image = shard.metadata, image.isFounded {
            found.append(image.votingMembers + image.learningMembers.filter { lost.contains($0) })
        }
        for group in groupIDs {
            guard let members = shard.members(group) else { continue }
            found.append(members.voters + members.learners.filter { lost.contains($0) })
            found.append(members.outgoingVoters)
        }
        return found
    }

    /// A copy of a disk by which its node decides alone asks nobody whether it is the newest.
    func decidesAlone(_ place: Int) -> Bool {
        guard options.memberPause > 0, let shard = nodes[place].running?.shard else { return false }
        return groupIDs.contains { group in
            guard let members = shard.members(group) else { return false }
            return !members.isSettled || members.voters == [nodes[place].id]
        }
    }

    /// Whether an empty disk makes a node found a cluster of its own.
    func foundsAlone(_ place: Int) -> Bool { options.founders == 1 && place == 0 }

    /// A member whose disk was exchanged, and who is still to be removed.
    func exchangedMember(of image: MetadataImage) -> NodeID? {
        nodes.first { $0.isExchanged && image.member($0.id) != nil }?.id
    }

    /// Who is refused is removed in the end: others may have taken its place by then.
    func removeExchanged() {
        guard options.memberPause > 0, let place = leader(of: .control),
            let shard = nodes[place].running?.shard, let image = shard.metadata, image.isFounded,
            let lost = exchangedMember(of: image)
        else { return }
        shard.advance(to: nodes[place].clock.reading(at: now))
        shard.propose(.memberRemoved(lost))
        requestTurn(place)
    }
}
