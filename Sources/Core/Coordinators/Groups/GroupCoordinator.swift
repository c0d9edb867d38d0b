internal import Bytes
public import Model

/// Coordinates consumer groups on the node that leads their coordinator group, as Kafka does it.
///
/// A group's state is in two parts. What a client was told and must find again – assigned generations,
/// committed offsets – is in `CoordinatorState`, which every node has from the log. Who is alive, who
/// waits, and until when, is here, on the leader alone, and begins anew with each leader. So an answer
/// that tells of something new is given only once the log has it; what is merely known (a heartbeat, a
/// generation that begins) is answered at once.
///
/// A pure value: requests and time go in, effects come out. Time is the group's own, as the leader
/// stamps it. Reads (`fetchOffsets`, `describe`, `list`) are answered from the state they are given, so
/// whoever calls makes sure that it is not that of a leader who has been followed by another.
public struct GroupCoordinator: Sendable {
    let settings: GroupSettings
    let term: Term
    var groups: [ByteSlice: ClassicGroup] = [:]
    var consumerGroups: [ByteSlice: ConsumerGroup] = [:]
    var consumerDeadlines = DeadlineQueue()

    /// Groups of the consumer protocol with changes of unknown fate, and until when it is looked for.
    var doubts: [ByteSlice: GroupTime] = [:]
    var doubtsAt = GroupTime.zero
    var lastChange: UInt64 = 0
    private var deadlines = DeadlineQueue()
    private var pending: [CoordinatorTicket: PendingChange] = [:]
    private var lastTicket: UInt64 = 0

    /// Of markers that were proposed: what comes after them with an earlier epoch comes too late.
    var fences: [ProducerID: ProducerEpoch] = [:]
    var check: OffsetsCheck

    /// For a leader that has applied an entry of its own term: all that was answered is in `state`.
    public init(
        settings: GroupSettings = GroupSettings(),
        term: Term,
        state: CoordinatorState,
        now: GroupTime
    ) {
        self.settings = settings
        self.term = term
        check = OffsetsCheck(next: now + settings.offsetsCheckInterval)
        for id in state.groupIDs where state.group(id)?.isWithoutMembers == false {
            if openConsumers(id, in: state, now: now) {
                settleConsumers(id)
            } else {
                open(id, in: state, now: now)
                queue(id)
            }
        }
    }

    /// When `passTime` is wanted next; earlier is harmless.
    public var nextDeadline: GroupTime {
        guard !check.isUnderWay else { return .zero }
        let doubtful = doubts.isEmpty ? nil : doubtsAt
        let next = [deadlines.first?.time, consumerDeadlines.first?.time, doubtful]
            .compactMap { $0 }.min()
        return min(next ?? check.next, check.next)
    }

    public mutating func receive(
        _ request: GroupRequest,
        from waiter: CoordinatorWaiter,
        state: CoordinatorState,
        now: GroupTime
    ) -> [CoordinatorEffect] {
        var turn = GroupTurn(now: now, settings: settings)
        switch request {
        case .join(let join): self.join(join, from: waiter, state, &turn)
        case .sync(let sync): self.sync(sync, from: waiter, &turn)
        case .heartbeat(let identity):
            turn.answer(waiter, .heartbeat(hear(identity, now: now)))
        case .leave(let group, let members): leave(group, members, from: waiter, &turn)
        case .commitOffsets(let commit): self.commit(commit, from: waiter, state, &turn)
        case .fetchOffsets(let fetch): turn.answer(waiter, offsets(fetch, in: state))
        case .commitInTransaction(let commit):
            self.commit(commit, from: waiter, state, &turn)
        case .endOffsets(let group, let marker): end(marker, of: group, for: waiter, &turn)
        case .consumerHeartbeat(let beat): hear(beat, from: waiter, state, &turn)
        case .describeConsumers(let group):
            turn.answer(waiter, .describeConsumers(consumerDescription(of: group, state)))
        case .describe(let group): turn.answer(waiter, .describe(description(of: group, state)))
        case .list: turn.answer(waiter, .list(list(state)))
        case .deleteGroups(let ids): delete(ids, for: waiter, state, &turn)
        case .deleteOffsets(let group, let places):
            deleteOffsets(of: group, places, for: waiter, state, &turn)
        case .forgetTopics(let topics): forget(topics, for: waiter, state, &turn)
        }
        return close(turn)
    }

    /// What was proposed is applied here; `state` has it.
    public mutating func committed(
        _ ticket: CoordinatorTicket,
        now: GroupTime
    ) -> [CoordinatorEffect] {
        guard let change = pending.removeValue(forKey: ticket) else { return [] }
        var turn = GroupTurn(now: now, settings: settings)
        finish(change, &turn)
        return close(turn)
    }

    /// What was proposed will never be applied, or nobody knows whether it will.
    public mutating func refused(
        _ ticket: CoordinatorTicket,
        _ error: CoordinatorError = .coordinatorNotAvailable,
        now: GroupTime
    ) -> [CoordinatorEffect] {
        guard let change = pending.removeValue(forKey: ticket) else { return [] }
        var turn = GroupTurn(now: now, settings: settings)
        refuse(change, error, &turn)
        return close(turn)
    }

    public mutating func passTime(
        state: CoordinatorState,
        now: GroupTime
    ) -> [CoordinatorEffect] {
        var turn = GroupTurn(now: now, settings: settings)
        var due: [ByteSlice] = []
        while let deadline = deadlines.pop(at: now) {
            guard groups[deadline.name]?.queuedAt == deadline.time else { continue }
            groups[deadline.name]?.queuedAt = nil
            due.append(deadline.name)
        }
        // Each once: a group may want to be woken again at this very time.
        for id in due {
            groups[id]?.passTime(&turn)
            settle(id)
        }
        lookAtDoubts(state, turn)
        passTimeOfConsumers(&turn)
        checkOffsets(state, &turn)
        return close(turn)
    }

    /// This node leads no more: whoever waits looks for the next leader.
    public mutating func resign() -> [CoordinatorEffect] {
        var turn = GroupTurn(now: .zero, settings: settings)
        let tickets = pending.keys.sorted { $0.number < $1.number }
        for ticket in tickets {
            if let change = pending[ticket] { refuseAnswers(of: change, .notCoordinator, &turn) }
        }
        for id in groups.keys.sorted() {
            for member in groups[id]?.ordered ?? [] {
                groups[id]?.dismiss(member.id, with: .notCoordinator, &turn)
            }
        }
        for id in consumerGroups.keys.sorted() { abandon(id, .notCoordinator, &turn) }
        pending = [:]
        groups = [:]
        return turn.effects
    }
}

extension GroupCoordinator {
    /// Gives proposals their tickets.
    private mutating func close(_ turn: GroupTurn) -> [CoordinatorEffect] {
        var effects = turn.effects
        for proposal in turn.proposals {
            lastTicket += 1
            let ticket = CoordinatorTicket(term: term, part: .groups, number: lastTicket)
            pending[ticket] = proposal.change
            effects.append(.propose(proposal.command, ticket))
        }
        return effects
    }

    /// Has the group here, if the log knows it.
    @discardableResult
    mutating func open(_ id: ByteSlice, in state: CoordinatorState, now: GroupTime) -> Bool {
        if groups[id] != nil { return true }
        guard let stored = state.group(id) else { return false }
        let name = id.compacted
        groups[name] =
            stored.record.map { ClassicGroup(id: name, $0, now: now) } ?? ClassicGroup(id: name)
        #if MARTLET_MUTANTS
        if settings.mutant == .newLeaderForgetsGeneration { groups[name]?.generation = .zero }
        #endif
        return true
    }

    /// After each step of a group: it is woken when it wants to be, or forgotten.
    mutating func settle(_ id: ByteSlice) {
        if groups[id]?.isForgettable == true { groups[id] = nil } else { queue(id) }
    }

    private mutating func queue(_ id: ByteSlice) {
        guard let group = groups[id], let time = group.wakeAt,
            group.queuedAt.map({ time < $0 }) ?? true
        else { return }
        groups[id]?.queuedAt = time
        deadlines.insert(group.id, at: time)
    }

    private mutating func finish(_ change: PendingChange, _ turn: inout GroupTurn) {
        switch change {
        case .assignment(let id, let generation):
            groups[id]?.become(stableIn: generation, &turn)
            settle(id)
        case .staticMember(let id, let comeback):
            groups[id]?.welcome(comeback, &turn)
            settle(id)
        case .offsets(let waiter, let results): turn.answer(waiter, .commitOffsets(results))
        case .marker(let waiter): turn.answer(waiter, .endOffsets(nil))
        case .deletion(let waiter, let results, let ids):
            for id in ids { groups[id] = nil }
            turn.answer(waiter, .deleteGroups(results))
        case .offsetDeletion(let waiter, let results):
            turn.answer(waiter, .deleteOffsets(nil, results))
        case .consumers(let id, let change): applied(change, id, &turn)
        case .emptied(let id):
            groups[id]?.emptiness = .known
            settle(id)
        case .expiry: return
        }
    }

    private mutating func refuse(
        _ change: PendingChange,
        _ error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        switch change {
        case .assignment(let id, let generation):
            groups[id]?.abandon(generation, error, &turn)
            settle(id)
        case .staticMember(let id, let comeback):
            groups[id]?.refuse(comeback, error, &turn)
            settle(id)
        case .deletion(_, _, let ids):
            // Whatever the log says now, the next request finds out.
            for id in ids { groups[id] = nil }
            refuseAnswers(of: change, error, &turn)
        case .consumers(let id, let change): lose(change, id, error, &turn)
        case .emptied(let id):
            groups[id]?.refuseEmptiness(&turn)
            settle(id)
        case .offsets, .marker, .offsetDeletion, .expiry: refuseAnswers(of: change, error, &turn)
        }
    }

    /// Results that were good before are not any more.
    private func refuseAnswers(
        of change: PendingChange,
        _ error: CoordinatorError,
        _ turn: inout GroupTurn
    ) {
        switch change {
        case .offsets(let waiter, let results):
            turn.answer(waiter, .commitOffsets(results.map { $0.refused(error) }))
        case .marker(let waiter): turn.answer(waiter, .endOffsets(error))
        case .deletion(let waiter, let results, _):
            turn.answer(waiter, .deleteGroups(results.map { $0.refused(error) }))
        case .offsetDeletion(let waiter, let results):
            turn.answer(waiter, .deleteOffsets(nil, results.map { $0.refused(error) }))
        case .assignment, .staticMember, .consumers, .emptied, .expiry: return
        }
    }
}

extension PartitionResult {
    fileprivate func refused(_ error: CoordinatorError) -> PartitionResult {
        PartitionResult(place: place, error: self.error ?? error)
    }
}

extension GroupResult {
    fileprivate func refused(_ error: CoordinatorError) -> GroupResult {
        GroupResult(group: group, error: self.error ?? error)
    }
}
