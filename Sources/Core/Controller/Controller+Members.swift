internal import Model

// Changes of who belongs to the cluster, with etcd's rules for them.
//
// What is recorded is what is wanted. Each group's leader then brings its group there, so a change
// that was interrupted goes on under the next leader.
extension Controller {
    mutating func found(_ members: [MemberRecord]) -> MetadataDelta {
        guard !image.isFounded, !members.isEmpty else { return .unchanged }
        guard members.count <= Limits.nodesMax else {
            return .refused(.tooManyNodes(limit: Limits.nodesMax))
        }
        for member in members { image.put(member) }
        return .members
    }

    mutating func add(_ member: MemberRecord) -> MetadataDelta {
        guard image.isFounded else { return .refused(.notFounded) }
        guard image.member(member.id) == nil, !image.isRemoved(member.id) else {
            return .refused(.memberExists(member.id))
        }
        if let url = taken(member.peerURLs, exceptBy: member.id) {
            return .refused(.peerURLTaken(url))
        }
        guard !member.isLearner || image.learningMembers.count < Limits.learnersMax else {
            return .refused(.tooManyLearners(limit: Limits.learnersMax))
        }
        guard image.members.count < Limits.nodesMax else {
            return .refused(.tooManyNodes(limit: Limits.nodesMax))
        }
        image.put(member)
        return .members
    }

    mutating func promote(_ id: NodeID) -> MetadataDelta {
        guard var member = image.member(id) else { return .refused(.memberNotFound(id)) }
        guard member.isLearner else { return .refused(.notLearner(id)) }
        member.isLearner = false
        image.put(member)
        return .members
    }

    /// The last voter stays: nobody could undo that.
    mutating func remove(_ id: NodeID) -> MetadataDelta {
        guard image.member(id) != nil else { return .refused(.memberNotFound(id)) }
        guard image.votingMembers != [id] else { return .refused(.lastVoter(id)) }
        image.remove(id)
        return .members
    }

    mutating func update(_ id: NodeID, peerURLs: [String]) -> MetadataDelta {
        guard var member = image.member(id) else { return .refused(.memberNotFound(id)) }
        if let url = taken(peerURLs, exceptBy: id) { return .refused(.peerURLTaken(url)) }
        guard member.peerURLs != peerURLs else { return .unchanged }
        member.peerURLs = peerURLs
        image.put(member)
        return .members
    }

    /// The first of the URLs that another member has.
    private func taken(_ peerURLs: [String], exceptBy id: NodeID) -> String? {
        peerURLs.first { url in
            image.members.contains { $0.id != id && $0.peerURLs.contains(url) }
        }
    }
}
