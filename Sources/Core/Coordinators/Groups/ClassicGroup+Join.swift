internal import Bytes
internal import Model

// Joining: Kafka's JoinGroup, with its second step for members without an ID (KIP-394) and with
// static members, who keep their place (KIP-345).
extension ClassicGroup {
    mutating func join(
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        if let error = refusal(of: request, turn.settings) {
            let answer = JoinAnswer(member: request.member, error: error)
            return turn.answer(waiter, .join(answer))
        }
        if request.member.isEmpty {
            joinAnew(request, from: waiter, &turn)
        } else if expected[request.member] != nil {
            admit(request.member, request, from: waiter, &turn)
        } else if let error = fault(in: request.member, request.instance) {
            turn.answer(waiter, .join(JoinAnswer(member: request.member, error: error)))
        } else {
            rejoin(request, from: waiter, &turn)
        }
        completeIfAllJoined(&turn)
    }

    private func refusal(
        of request: JoinRequest,
        _ settings: GroupSettings
    ) -> CoordinatorError? {
        if phase == .dead { return .coordinatorNotAvailable }
        guard agrees(with: request) else { return .inconsistentGroupProtocol }
        let isKnown = members[request.member] != nil || expected[request.member] != nil
        let isReturning =
            request.member.isEmpty && request.instance.map { instances[$0] != nil } ?? false
        guard isKnown || isReturning || members.count + expected.count < settings.membersMax else {
            return .groupMaxSizeReached
        }
        return nil
    }

    /// Whether there is a protocol that the client shares with all members.
    private func agrees(with request: JoinRequest) -> Bool {
        guard !members.isEmpty else {
            return !request.protocolType.isEmpty && !request.protocols.isEmpty
        }
        return protocolType == request.protocolType
            && request.protocols.contains { offered in
                members.values.allSatisfy { $0.supports(offered.name) }
            }
    }

    private mutating func joinAnew(
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        if let instance = request.instance {
            guard let former = instances[instance] else {
                return admit(request.newMember, request, from: waiter, &turn)
            }
            return replace(former, request, from: waiter, &turn)
        }
        guard request.mustKnowItsID else {
            return admit(request.newMember, request, from: waiter, &turn)
        }
        let deadline = turn.now + Int64(request.sessionTimeout)
        expected[request.newMember.compacted] = deadline
        wake(at: deadline)
        turn.answer(
            waiter,
            .join(JoinAnswer(member: request.newMember, error: .memberIDRequired))
        )
    }

    /// Somebody new: the group begins a generation with it.
    private mutating func admit(
        _ member: ByteSlice,
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        if members.isEmpty { protocolType = request.protocolType.compacted }
        add(
            ClassicMember(member, request, number: lastNumber + 1, waiter: waiter, now: turn.now)
        )
        switch phase {
        case .preparing(var preparation):
            preparation.initial?.hasNewMember = true
            phase = .preparing(preparation)
        case .empty, .completing, .stable, .dead: rebalance(&turn)
        }
    }

    private mutating func rejoin(
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        guard let member = members[request.member] else { return }
        let saysTheSame = member.protocols == request.protocols
        switch phase {
        case .preparing, .empty, .dead: enlist(request, from: waiter, &turn)
        case .completing:
            // It did not get the first answer.
            if saysTheSame { return answerAgain(member, waiter, &turn) }
            enlist(request, from: waiter, &turn)
        case .stable:
            // The leader joins to have partitions assigned anew, as when topics have grown.
            if saysTheSame && member.id != leader { return answerAgain(member, waiter, &turn) }
            enlist(request, from: waiter, &turn)
        }
        rebalance(&turn)
    }

    private mutating func answerAgain(
        _ member: ClassicMember,
        _ waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        turn.answer(waiter, .join(joinAnswer(for: member)))
        if member.isWatched { extendSession(of: member.id, now: turn.now) }
    }

    /// A member waits for the next generation with what it says now.
    private mutating func enlist(
        _ request: JoinRequest,
        from waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        let isNew = members[request.member]?.waiting.isOfNewMember ?? false
        dismiss(request.member, with: .rebalanceInProgress, &turn)
        members[request.member]?.adopt(request, request.protocolsToKeep)
        members[request.member]?.waiting = .join(waiter, isNew: isNew)
    }

    /// Whoever waits for this member hears no more; it has asked anew, or is no more.
    mutating func dismiss(
        _ member: ByteSlice,
        with error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        switch members[member]?.waiting {
        case .join(let waiter, _):
            turn.answer(waiter, .join(JoinAnswer(member: member, error: error)))
        case .sync(let waiter): turn.answer(waiter, .sync(SyncAnswer(error: error)))
        case .nothing, nil: return
        }
        members[member]?.waiting = .nothing
    }

    func joinAnswer(for member: ClassicMember) -> JoinAnswer {
        var answer = JoinAnswer(member: member.id)
        answer.generation = generation
        answer.protocolType = protocolType
        answer.protocolName = protocolName
        answer.leader = leader ?? .empty
        if member.id == leader {
            answer.members = ordered.map {
                JoinedMember(
                    member: $0.id,
                    instance: $0.instance,
                    metadata: $0.metadata(for: protocolName)
                )
            }
        }
        return answer
    }
}

extension ClassicMember.Waiting {
    fileprivate var isOfNewMember: Bool {
        switch self {
        case .join(_, let isNew): isNew
        case .nothing, .sync: false
        }
    }
}
