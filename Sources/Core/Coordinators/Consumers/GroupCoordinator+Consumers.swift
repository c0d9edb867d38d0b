internal import Bytes
internal import Model

// Groups of the consumer protocol: heartbeats are brought to them, and answers held back until the log
// has what they tell.
extension GroupCoordinator {
    mutating func hear(
        _ request: ConsumerHeartbeatRequest,
        from waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        if let error = refusal(of: request, state, now: turn.now) {
            let answer = ConsumerHeartbeatAnswer(error: error, member: request.member)
            return turn.answer(waiter, .consumerHeartbeat(answer))
        }
        let id = request.group.compacted
        var step = ConsumerStep(now: turn.now, settings: settings)
        var none = ConsumerGroup(id: id, ConsumerGroupRecord(), settings, now: turn.now)
        none.isDoubtful = doubts[id] != nil
        let answer = consumerGroups[id, default: none].hear(request, &step)
        propose(step, id, &turn)
        release(answer, to: waiter, id, &turn)
        settleConsumers(id)
    }

    private mutating func refusal(
        of request: ConsumerHeartbeatRequest,
        _ state: CoordinatorState,
        now: GroupTime
    ) -> CoordinatorError? {
        guard request.isSound else { return .invalidRequest }
        if let assignor = request.assignor, Assignor(assignor) == nil {
            return .unsupportedAssignor
        }
        if let classic = groups[request.group] {
            if classic.phase == .dead { return .coordinatorNotAvailable }
            guard classic.members.isEmpty, classic.emptiness == .known else {
                return .inconsistentGroupProtocol
            }
        }
        guard !openConsumers(request.group, in: state, now: now) else { return nil }
        guard request.epoch == ConsumerEpoch.joining else { return .groupIDNotFound }
        if state.group(request.group)?.isWithoutMembers == false {
            return .inconsistentGroupProtocol
        }
        return hasRoom(in: state) ? nil : .policyViolation
    }

    /// Has the group here, if the log knows members of it.
    @discardableResult
    mutating func openConsumers(
        _ id: ByteSlice,
        in state: CoordinatorState,
        now: GroupTime
    ) -> Bool {
        if consumerGroups[id] != nil { return true }
        guard let record = state.group(id)?.consumers else { return false }
        let name = id.compacted
        consumerGroups[name] = ConsumerGroup(id: name, record, settings, now: now)
        consumerGroups[name]?.isDoubtful = doubts[name] != nil
        return true
    }

    private mutating func propose(
        _ step: ConsumerStep,
        _ id: ByteSlice,
        _ turn: inout GroupTurn
    ) {
        guard !step.isEmpty else { return }
        lastChange += 1
        guard let change = consumerGroups[id]?.change(by: step, lastChange) else { return }
        turn.propose(
            .changeConsumers(group: id, change),
            then: .consumers(group: id, lastChange)
        )
    }

    private mutating func release(
        _ answer: ConsumerHeartbeatAnswer,
        to waiter: CoordinatorWaiter,
        _ id: ByteSlice,
        _ turn: inout GroupTurn
    ) {
        #if MARTLET_MUTANTS
        if settings.mutant == .heartbeatsDoNotWaitForTheLog {
            return turn.answer(waiter, .consumerHeartbeat(answer))
        }
        #endif
        guard let change = consumerGroups[id]?.underWay.last, answer.error == nil else {
            return turn.answer(waiter, .consumerHeartbeat(answer))
        }
        consumerGroups[id]?.held.append(
            ConsumerGroup.HeldAnswer(change: change, waiter: waiter, answer: answer)
        )
    }

    /// The log has one more of the group's changes.
    mutating func applied(_ change: UInt64, _ id: ByteSlice, _ turn: inout GroupTurn) {
        guard consumerGroups[id]?.underWay.contains(change) == true else { return }
        for held in consumerGroups[id]?.held ?? [] where held.change <= change {
            turn.answer(held.waiter, .consumerHeartbeat(held.answer))
        }
        consumerGroups[id]?.held.removeAll { $0.change <= change }
        consumerGroups[id]?.underWay.removeAll { $0 <= change }
        settleConsumers(id)
    }

    /// A change will never be applied, or nobody knows: the group begins anew with what the log has, and
    /// what it then changes says everything, so that what is applied late leaves no trace.
    mutating func lose(
        _ change: UInt64,
        _ id: ByteSlice,
        _ error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        doubts[id] = turn.now + Limits.doubtDuration
        doubtsAt = min(doubtsAt, turn.now)
        guard consumerGroups[id]?.underWay.contains(change) == true else { return }
        abandon(id, error, &turn)
    }

    mutating func lookAtDoubts(_ state: CoordinatorState, _ turn: GroupTurn) {
        guard !doubts.isEmpty, doubtsAt <= turn.now else { return }
        doubtsAt = turn.now + Limits.proposalRetryDelay
        for id in doubts.keys.sorted() {
            if openConsumers(id, in: state, now: turn.now) { settleConsumers(id) }
            if doubts[id, default: turn.now] <= turn.now { doubts[id] = nil }
        }
    }

    mutating func abandon(_ id: ByteSlice, _ error: CoordinatorError, _ turn: inout GroupTurn) {
        for held in consumerGroups[id]?.held ?? [] {
            let answer = ConsumerHeartbeatAnswer(error: error, member: held.answer.member)
            turn.answer(held.waiter, .consumerHeartbeat(answer))
        }
        consumerGroups[id] = nil
    }

    mutating func passTimeOfConsumers(_ turn: inout GroupTurn) {
        var due: [ByteSlice] = []
        while let deadline = consumerDeadlines.pop(at: turn.now) {
            guard consumerGroups[deadline.name]?.queuedAt == deadline.time else { continue }
            consumerGroups[deadline.name]?.queuedAt = nil
            due.append(deadline.name)
        }
        for id in due {
            var step = ConsumerStep(now: turn.now, settings: settings)
            consumerGroups[id]?.passTime(&step)
            propose(step, id, &turn)
            settleConsumers(id)
        }
    }

    mutating func settleConsumers(_ id: ByteSlice) {
        guard let group = consumerGroups[id] else { return }
        if group.isForgettable {
            consumerGroups[id] = nil
        } else if let time = group.wakeAt, group.queuedAt.map({ time < $0 }) ?? true {
            consumerGroups[id]?.queuedAt = time
            consumerDeadlines.insert(group.id, at: time)
        }
    }

    func consumerDescription(
        of id: ByteSlice,
        _ state: CoordinatorState
    ) -> ConsumerGroupDescription {
        var description = ConsumerGroupDescription(group: id)
        let stored = state.group(id)?.consumers
        guard let record = consumerGroups[id]?.record ?? stored else {
            description.error = .groupIDNotFound
            return description
        }
        description.phase = consumerGroups[id]?.phase ?? .empty
        description.epoch = record.epoch
        description.assignmentEpoch = record.assignmentEpoch
        description.members = record.memberIDs.compactMap { record.member($0) }
        description.assignor = ByteSlice(Assignor.preferred(by: description.members).rawValue)
        return description
    }
}

extension ConsumerHeartbeatRequest {
    /// Whether it says what it must, and nothing goes beyond what a record may hold.
    fileprivate var isSound: Bool {
        let names = [group, member, clientID, clientHost, instance ?? .empty, rack ?? .empty]
        let all = names + (subscription ?? []) + (assignor.map { [$0] } ?? [])
        guard !group.isEmpty, !member.isEmpty, epoch >= ConsumerEpoch.awayForNow,
            all.allSatisfy({ $0.count <= Limits.nameBytesMax }),
            (subscription?.count ?? 0) <= Limits.subscribedTopicsMax,
            (owned?.count ?? 0) <= Limits.offsetsMax
        else { return false }
        if epoch == ConsumerEpoch.awayForNow { return instance != nil }
        guard epoch == ConsumerEpoch.joining else { return true }
        return rebalanceTimeout >= 0 && subscription != nil && owned?.isEmpty ?? true
    }
}
