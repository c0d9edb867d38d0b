internal import Bytes
internal import Model

// Static members (KIP-345): who comes back under its instance ID gets a new member ID and its former
// place; the former ID is fenced. Nobody else is disturbed if it wants what it wanted before.
extension ClassicGroup {
    mutating func replace(
        _ former: ByteSlice,
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        #if MARTLET_MUTANTS
        if turn.settings.mutant == .replacedWaiterIsForgotten {
            members[former]?.waiting = .nothing
        }
        #endif
        dismiss(former, with: .fencedInstanceID, &turn)
        guard var member = members.removeValue(forKey: former) else { return }
        let formerLeader = leader ?? .empty
        let wanted = member.metadata(for: protocolName)
        member.id = request.newMember.compacted
        member.adopt(request, request.protocolsToKeep)
        member.extendSession(from: turn.now)
        member.waiting = .join(waiter, isNew: false)
        members[member.id] = member
        if let instance = member.instance { instances[instance] = member.id }
        if leader == former { leader = member.id }
        let wants = member.metadata(for: protocolName)
        guard case .stable = phase, selectedProtocol == protocolName,
            ConsumerSubscription.wantsTheSame(wanted, wants)
        else { return rebalance(&turn) }
        let comeback = StaticReturn(
            waiter: waiter,
            member: member.id,
            formerLeader: formerLeader,
            canSkipAssignment: request.canSkipAssignment
        )
        turn.propose(.storeGroup(id, record), then: .staticMember(group: id, comeback))
    }

    /// The log has the new member ID.
    ///
    /// Unless the group has begun a rebalance since, for which the member then waits already.
    mutating func welcome(_ comeback: StaticReturn, _ turn: inout GroupTurn) {
        guard case .stable = phase, let member = members[comeback.member],
            member.waiting == .join(comeback.waiter, isNew: false)
        else { return }
        var answer = joinAnswer(for: member)
        if comeback.canSkipAssignment {
            answer.skipsAssignment = leader == member.id
        } else {
            // It must not think that it leads, or it would assign what nobody waits for.
            answer.leader = comeback.formerLeader
            answer.members = []
        }
        members[member.id]?.waiting = .nothing
        extendSession(of: member.id, now: turn.now)
        turn.answer(comeback.waiter, .join(answer))
    }

    /// The log does not have it; the client tries again.
    mutating func refuse(
        _ comeback: StaticReturn,
        _ error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        guard members[comeback.member]?.waiting == .join(comeback.waiter, isNew: false) else {
            return
        }
        dismiss(comeback.member, with: error, &turn)
        extendSession(of: comeback.member, now: turn.now)
    }
}
