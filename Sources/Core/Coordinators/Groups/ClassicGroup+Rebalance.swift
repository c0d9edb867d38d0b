internal import Bytes
internal import Model

// From one generation to the next.
extension ClassicGroup {
    /// Everybody is to join anew.
    mutating func rebalance(_ turn: inout GroupTurn) {
        switch phase {
        case .preparing, .dead: return
        case .empty:
            let delay = turn.settings.initialRebalanceDelay
            let remaining = max(rebalanceTimeout - delay, 0)
            let initial = InitialDelay(remaining: remaining, hasNewMember: false)
            prepare(for: delay, delay > 0 ? initial : nil, &turn)
        case .completing, .stable:
            for member in ordered {
                members[member.id]?.owesSync = false
                if case .sync = member.waiting {
                    dismiss(member.id, with: .rebalanceInProgress, &turn)
                    extendSession(of: member.id, now: turn.now)
                }
            }
            prepare(for: rebalanceTimeout, nil, &turn)
        }
        completeIfAllJoined(&turn)
    }

    private mutating func prepare(
        for milliseconds: Int64,
        _ initial: InitialDelay?,
        _ turn: inout GroupTurn
    ) {
        let deadline = turn.now + milliseconds
        phase = .preparing(Preparation(deadline: deadline, initial: initial))
        wake(at: deadline)
    }

    mutating func completeIfAllJoined(_ turn: inout GroupTurn) {
        guard case .preparing(let preparation) = phase, preparation.initial == nil,
            expected.isEmpty, members.values.allSatisfy(\.isJoining)
        else { return }
        completeJoin(&turn)
    }

    /// The time to join is over, or may be drawn out as members keep coming.
    mutating func passDeadline(of preparation: Preparation, _ turn: inout GroupTurn) {
        if let initial = preparation.initial, initial.hasNewMember, initial.remaining > 0 {
            let delay = min(turn.settings.initialRebalanceDelay, initial.remaining)
            let rest = InitialDelay(remaining: initial.remaining - delay, hasNewMember: false)
            return prepare(for: delay, rest, &turn)
        }
        completeJoin(&turn)
    }

    /// Who has not joined is out, but for static members: those have until their session ends.
    private mutating func completeJoin(_ turn: inout GroupTurn) {
        for member in ordered where !member.isJoining && member.instance == nil {
            remove(member.id, &turn)
        }
        guard members.isEmpty || electJoinedLeader() else {
            return prepare(for: rebalanceTimeout, nil, &turn)
        }
        generation = generation.successor
        guard !members.isEmpty else { return becomeEmpty(&turn) }
        protocolName = selectedProtocol
        let deadline = turn.now + rebalanceTimeout
        phase = .completing(syncDeadline: deadline, isStoring: false)
        wake(at: deadline)
        for member in ordered { begin(member, &turn) }
    }

    private mutating func begin(_ member: ClassicMember, _ turn: inout GroupTurn) {
        guard case .join(let waiter, _) = member.waiting else { return }
        turn.answer(waiter, .join(joinAnswer(for: member)))
        members[member.id]?.waiting = .nothing
        members[member.id]?.owesSync = true
        extendSession(of: member.id, now: turn.now)
    }

    private mutating func becomeEmpty(_ turn: inout GroupTurn) {
        phase = .empty
        protocolName = nil
        leader = nil
        storeEmptiness(&turn)
    }

    private mutating func storeEmptiness(_ turn: inout GroupTurn) {
        emptiness = .proposed
        turn.propose(.storeGroup(id, record), then: .emptied(group: id))
    }

    /// The log does not have it; it must, or the offsets would be kept for ever.
    mutating func refuseEmptiness(_ turn: inout GroupTurn) {
        let retryAt = turn.now + Limits.proposalRetryDelay
        emptiness = phase == .empty ? .refused(retryAt: retryAt) : .known
        if phase == .empty { wake(at: retryAt) }
    }

    mutating func retryEmptiness(_ turn: inout GroupTurn) {
        guard case .refused(let time) = emptiness else { return }
        guard phase == .empty else { return emptiness = .known }
        if time <= turn.now { storeEmptiness(&turn) } else { wake(at: time) }
    }

    /// The leader must be somebody who is there to assign; false if nobody is.
    private mutating func electJoinedLeader() -> Bool {
        if let leader, members[leader]?.isJoining == true { return true }
        guard let joined = ordered.first(where: \.isJoining) else { return false }
        leader = joined.id
        return true
    }

    /// Each member votes for the first protocol in its list that all share; of two with as many votes
    /// the one that the longest member likes better.
    var selectedProtocol: ByteSlice? {
        let ordered = ordered
        guard
            let candidates = ordered.first?.protocols.map(\.name).filter({ name in
                ordered.allSatisfy { $0.supports(name) }
            })
        else { return nil }
        var votes = candidates.map { _ in 0 }
        for member in ordered {
            let favourite = member.protocols.first { candidates.contains($0.name) }
            if let favourite, let place = candidates.firstIndex(of: favourite.name) {
                votes[place] += 1
            }
        }
        guard let most = votes.max(), let place = votes.firstIndex(of: most) else { return nil }
        return candidates[place]
    }

    /// A member is no more, by its own will, an administrator's, or because it is not heard.
    mutating func remove(_ member: ByteSlice, _ turn: inout GroupTurn) {
        dismiss(member, with: .unknownMemberID, &turn)
        guard let removed = members.removeValue(forKey: member) else { return }
        if let instance = removed.instance { instances[instance] = nil }
        if leader == member { leader = ordered.first?.id }
    }

    /// What the group does without those who were removed.
    mutating func followRemoval(_ turn: inout GroupTurn) {
        switch phase {
        case .stable, .completing: rebalance(&turn)
        case .preparing: completeIfAllJoined(&turn)
        case .empty, .dead: return
        }
    }
}
