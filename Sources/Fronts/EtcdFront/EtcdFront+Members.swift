internal import Controller
internal import EtcdWire
internal import Groups
internal import Model

// What etcd's server checks before a change of the members is proposed (`--strict-reconfig-check`,
// on by default): that the change cannot cost the cluster its quorum, as things are now.
extension EtcdFront {
    private var image: MetadataImage { shard.metadata ?? MetadataImage() }

    private func startedCount(of members: [NodeID]) -> Int {
        members.count { image.hasStarted($0) }
    }

    private func connectedCount(of members: [NodeID]) -> Int {
        members.count { $0 == node || isConnected($0) }
    }

    /// Enough members have started for a quorum of those there will be; all others can be reached.
    func objection(toAdding isLearner: Bool) -> GRPCStatus? {
        let voting = image.votingMembers
        if !isLearner {
            let started = startedCount(of: voting)
            // One alone may become two: so a cluster begins that was restored from one member.
            let isFirst = started == 1 && voting.count == 1
            guard isFirst || started >= (voting.count + 1) / 2 + 1 else {
                return ErrorMapping.notEnoughStarted
            }
        }
        return connectedCount(of: voting) == voting.count ? nil : ErrorMapping.unhealthy
    }

    /// Those that stay have a quorum of started members, and of members that can be reached; who
    /// cannot be reached may go in any case.
    func objection(toRemoving id: NodeID) -> GRPCStatus? {
        guard let member = image.member(id), !member.isLearner else { return nil }
        let voting = image.votingMembers
        let staying = voting.filter { $0 != id }
        guard startedCount(of: staying) >= staying.count / 2 + 1 else {
            return ErrorMapping.notEnoughStarted
        }
        guard id == node || isConnected(id) else { return nil }
        let active = connectedCount(of: voting)
        return active - 1 >= 1 + (voting.count - 1) / 2 ? nil : ErrorMapping.unhealthy
    }

    /// Enough members have started for a quorum with the new voter among them.
    func objection(toPromoting id: NodeID) -> GRPCStatus? {
        guard let member = image.member(id), member.isLearner else { return nil }
        let voting = image.votingMembers
        guard startedCount(of: voting) + 1 >= (voting.count + 1) / 2 + 1 else {
            return ErrorMapping.notEnoughStarted
        }
        return nil
    }

    /// A number that no member has or had; below 2⁶³, as some clients take it for signed.
    func chooseMemberID() -> NodeID {
        let image = image
        var number = UInt64(chooseLeaseID())
        while image.member(NodeID(number)) != nil || image.isRemoved(NodeID(number)) {
            number = max(1, (number + 1) & (.max >> 1))
        }
        return NodeID(number)
    }

    /// Why a learner does not serve a call; a range it serves if that need not be linearizable.
    func learnerRefusal(of method: EtcdMethod) -> GRPCStatus? {
        guard isLearner else { return nil }
        switch method {
        case .range, .status, .snapshot: return nil
        case _: return ErrorMapping.learner
        }
    }
}
