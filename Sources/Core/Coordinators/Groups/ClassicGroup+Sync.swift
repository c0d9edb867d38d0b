internal import Bytes
internal import Model

// What members say once a generation has begun: SyncGroup, Heartbeat, LeaveGroup.
extension ClassicGroup {
    mutating func sync(
        _ request: SyncRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        if let error = fault(in: request) {
            return turn.answer(waiter, .sync(SyncAnswer(error: error)))
        }
        let member = request.identity.member
        switch phase {
        case .empty, .dead:
            turn.answer(waiter, .sync(SyncAnswer(error: .unknownMemberID)))
        case .preparing: turn.answer(waiter, .sync(SyncAnswer(error: .rebalanceInProgress)))
        case .completing(let deadline, let isStoring):
            dismiss(member, with: .rebalanceInProgress, &turn)
            members[member]?.waiting = .sync(waiter)
            members[member]?.owesSync = false
            guard member == leader, !isStoring else { return }
            phase = .completing(syncDeadline: deadline, isStoring: true)
            assign(request.assignments, &turn)
        case .stable:
            members[member]?.owesSync = false
            extendSession(of: member, now: turn.now)
            turn.answer(waiter, .sync(syncAnswer(for: member)))
        }
    }

    private func fault(in request: SyncRequest) -> CoordinatorError? {
        if let error = fault(in: request.identity) { return error }
        if let type = request.protocolType, type != protocolType {
            return .inconsistentGroupProtocol
        }
        if let name = request.protocolName, protocolName != nil, name != protocolName {
            return .inconsistentGroupProtocol
        }
        return request.assignments.allSatisfy { $0.assignment.count <= Limits.memberBytesMax }
            ? nil : .invalidRequest
    }

    /// The leader has spoken: whom it does not name gets nothing.
    private mutating func assign(_ assignments: [MemberAssignment], _ turn: inout GroupTurn) {
        for member in ordered { members[member.id]?.assignment = .empty }
        for given in assignments {
            members[given.member]?.assignment = given.assignment.compacted
        }
        turn.propose(.storeGroup(id, record), then: .assignment(group: id, generation))
        #if MARTLET_MUTANTS
        if turn.settings.mutant == .assignsBeforeTheLog { become(stableIn: generation, &turn) }
        #endif
    }

    /// The log has the generation, so its members may begin.
    mutating func become(stableIn stored: GroupGeneration, _ turn: inout GroupTurn) {
        guard case .completing(let deadline, isStoring: true) = phase, stored == generation else {
            return
        }
        phase = .stable(syncDeadline: deadline)
        for member in ordered {
            guard case .sync(let waiter) = member.waiting else { continue }
            members[member.id]?.waiting = .nothing
            extendSession(of: member.id, now: turn.now)
            turn.answer(waiter, .sync(syncAnswer(for: member.id)))
        }
    }

    /// The log does not have it, or nobody knows: everybody joins again.
    mutating func abandon(
        _ stored: GroupGeneration,
        _ error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        guard case .completing(_, isStoring: true) = phase, stored == generation else { return }
        for member in ordered {
            members[member.id]?.assignment = .empty
            guard case .sync = member.waiting else { continue }
            dismiss(member.id, with: error, &turn)
            extendSession(of: member.id, now: turn.now)
        }
        rebalance(&turn)
    }

    private func syncAnswer(for member: ByteSlice) -> SyncAnswer {
        SyncAnswer(
            protocolType: protocolType,
            protocolName: protocolName,
            assignment: members[member]?.assignment ?? .empty
        )
    }

    /// Also tells a member that it should join again.
    mutating func hear(_ identity: MemberIdentity, now: GroupTime) -> CoordinatorError? {
        if let error = fault(in: identity) { return error }
        extendSession(of: identity.member, now: now)
        switch phase {
        case .preparing: return .rebalanceInProgress
        case .completing, .stable: return nil
        case .empty, .dead: return .unknownMemberID
        }
    }

    mutating func leave(_ leaving: [LeavingMember], _ turn: inout GroupTurn) -> [LeaveResult] {
        let results = leaving.map { one in
            LeaveResult(
                member: one.member,
                instance: one.instance,
                error: leave(one, &turn)
            )
        }
        followRemoval(&turn)
        return results
    }

    private mutating func leave(
        _ leaving: LeavingMember,
        _ turn: inout GroupTurn
    ) -> CoordinatorError? {
        if expected.removeValue(forKey: leaving.member) != nil { return nil }
        var member = leaving.member
        if member.isEmpty {
            guard let holder = leaving.instance.flatMap({ instances[$0] }) else {
                return .unknownMemberID
            }
            member = holder
        } else if let error = fault(in: member, leaving.instance) {
            return error
        }
        remove(member, &turn)
        return nil
    }

    /// What is wrong with a commit; a correct one of a member also shows that it lives.
    mutating func hearCommit(
        _ identity: MemberIdentity,
        isTransactional: Bool,
        now: GroupTime
    ) -> CoordinatorError? {
        if phase == .dead { return .coordinatorNotAvailable }
        let isAnonymous =
            identity.generation < .zero && identity.member.isEmpty && identity.instance == nil
        if identity.generation < .zero && phase == .empty { return nil }
        // Older transactional clients do not say who they are.
        if isAnonymous { return isTransactional ? nil : .unknownMemberID }
        if let error = fault(in: identity) { return error }
        switch phase {
        case .stable, .preparing:
            extendSession(of: identity.member, now: now)
            return nil
        case .completing: return .rebalanceInProgress
        case .empty, .dead: return .unknownMemberID
        }
    }
}
