internal import Bytes
internal import Model

// Requests of members, each brought to its group.
extension GroupCoordinator {
    mutating func join(
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        if let error = refusal(of: request, state, now: turn.now) {
            let answer = JoinAnswer(member: request.member, error: error)
            return turn.answer(waiter, .join(answer))
        }
        let id = request.group.compacted
        groups[id, default: ClassicGroup(id: id)].join(request, from: waiter, &turn)
        settle(id)
    }

    private mutating func refusal(
        of request: JoinRequest,
        _ state: CoordinatorState,
        now: GroupTime
    ) -> CoordinatorError? {
        guard !request.group.isEmpty else { return .invalidGroupID }
        guard request.isWithinLimits else { return .invalidRequest }
        let range = settings.sessionTimeoutMin...settings.sessionTimeoutMax
        guard range.contains(request.sessionTimeout) else { return .invalidSessionTimeout }
        let consumers =
            consumerGroups[request.group]?.record ?? state.group(request.group)?.consumers
        guard consumers?.members.isEmpty ?? true, consumerGroups[request.group] == nil else {
            return .inconsistentGroupProtocol
        }
        guard !open(request.group, in: state, now: now) else { return nil }
        guard request.member.isEmpty else { return .unknownMemberID }
        return hasRoom(in: state) ? nil : .policyViolation
    }

    func hasRoom(in state: CoordinatorState) -> Bool {
        max(groups.count + consumerGroups.count, state.groupCount) < Limits.groupsMax
    }

    mutating func sync(
        _ request: SyncRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        let id = request.identity.group
        guard groups[id] != nil else {
            let error: CoordinatorError = id.isEmpty ? .invalidGroupID : .unknownMemberID
            return turn.answer(waiter, .sync(SyncAnswer(error: error)))
        }
        groups[id]?.sync(request, from: waiter, &turn)
        settle(id)
    }

    mutating func hear(_ identity: MemberIdentity, now: GroupTime) -> CoordinatorError? {
        guard groups[identity.group] != nil else {
            return identity.group.isEmpty ? .invalidGroupID : .unknownMemberID
        }
        let error = groups[identity.group]?.hear(identity, now: now)
        settle(identity.group)
        return error ?? nil
    }

    mutating func leave(
        _ id: ByteSlice,
        _ leaving: [LeavingMember],
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        guard !id.isEmpty else { return turn.answer(waiter, .leave(.invalidGroupID, [])) }
        guard groups[id]?.phase != .dead else {
            return turn.answer(waiter, .leave(.coordinatorNotAvailable, []))
        }
        let results =
            groups[id]?.leave(leaving, &turn)
            ?? leaving.map {
                LeaveResult(member: $0.member, instance: $0.instance, error: .unknownMemberID)
            }
        settle(id)
        turn.answer(waiter, .leave(nil, results))
    }
}
