internal import Bytes
internal import Controller
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import KeyspaceModel
internal import Model

/// Changes of who belongs to the cluster.
///
/// What is unhealthy or too early, this node refuses as etcd's `--strict-reconfig-check` does; what
/// contradicts the members, the control group does when the change is applied.
extension EtcdConnection {
    func serveMemberAdd(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MemberAddRequest = decode(key, message) else { return }
        guard let urls = peerURLs(request.peerURLs, key) else { return }
        if let refusal = front.objection(toAdding: request.isLearner) { return fail(key, refusal) }
        let id = front.chooseMemberID()
        let member = MemberRecord(id: id, peerURLs: urls, isLearner: request.isLearner)
        change(key, of: id, .memberAdded(member))
    }

    func serveMemberRemove(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MemberRemoveRequest = decode(key, message) else { return }
        let id = NodeID(request.id)
        if let refusal = front.objection(toRemoving: id) { return fail(key, refusal) }
        change(key, of: id, .memberRemoved(id))
    }

    func serveMemberUpdate(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MemberUpdateRequest = decode(key, message) else { return }
        guard let urls = peerURLs(request.peerURLs, key) else { return }
        let id = NodeID(request.id)
        change(key, of: id, .memberUpdated(id, peerURLs: urls))
    }

    func serveMemberPromote(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MemberPromoteRequest = decode(key, message) else { return }
        let id = NodeID(request.id)
        if let refusal = front.objection(toPromoting: id) { return fail(key, refusal) }
        change(key, of: id, .memberPromoted(id))
    }

    private func peerURLs(_ urls: [String], _ key: CallKey) -> [String]? {
        guard !urls.isEmpty, urls.count <= Limits.peerURLsMax,
            urls.allSatisfy({ PeerURL($0) != nil })
        else {
            fail(key, ErrorMapping.badMemberURLs)
            return nil
        }
        return urls.sorted()
    }

    private func change(_ key: CallKey, of member: NodeID, _ record: ClusterRecord) {
        guard let number else { return }
        calls[key]?.work = .changingMembers(member)
        front.shard.propose(record, for: Waiter(client: number, request: key.number))
        wantTurn()
    }

    /// The change was applied here, or refused.
    func changed(_ member: NodeID, _ key: CallKey, _ result: CompletionResult) {
        switch result {
        case .metadataChanged(.refused(let refusal)):
            fail(key, ErrorMapping.status(of: refusal))
        case .metadataChanged:
            front.refreshCluster()
            answerChange(of: member, key)
        case .refused(let refusal): fail(key, ErrorMapping.status(of: refusal))
        case .applied, .readable, .leadershipTransferred, .streams: return
        }
    }

    private func answerChange(of member: NodeID, _ key: CallKey) {
        let header = header(key, 0)
        let members = front.cluster.messages
        switch calls[key]?.method {
        case .memberAdd:
            let added = members.first { $0.id == member.number }
            answer(key, MemberAddResponse(header: header, member: added, members: members))
        case .memberRemove: answer(key, MemberRemoveResponse(header: header, members: members))
        case .memberUpdate: answer(key, MemberUpdateResponse(header: header, members: members))
        case .memberPromote: answer(key, MemberPromoteResponse(header: header, members: members))
        case _: return
        }
    }
}
