internal import Bytes
internal import Controller
internal import Coordinators
internal import Groups
internal import Model

/// The coordinators that this node leads, and who waits for what they say.
///
/// Who is alone in a consumers' group, who is asked to join again, is known here only; whoever leads
/// next begins with what the log has.
struct CoordinatorDesk {
    struct Office {
        var term: Term
        var coordinator: GroupCoordinator
    }

    /// By group; never looked through.
    var offices: [GroupID: Office] = [:]

    /// Who hears an answer, by the coordinator's number for him.
    private var waiting: [UInt64: (GroupAnswer) -> Void] = [:]

    /// What is in a log, or on its way there, by our number for it.
    private var proposals: [UInt64: (group: GroupID, ticket: CoordinatorTicket)] = [:]
    private var lastNumber: UInt64 = 0

    mutating func wait(_ body: @escaping (GroupAnswer) -> Void) -> CoordinatorWaiter {
        lastNumber += 1
        waiting[lastNumber] = body
        return CoordinatorWaiter(lastNumber)
    }

    mutating func take(_ waiter: CoordinatorWaiter) -> ((GroupAnswer) -> Void)? {
        waiting.removeValue(forKey: waiter.number)
    }

    mutating func note(_ ticket: CoordinatorTicket, of group: GroupID) -> UInt64 {
        lastNumber += 1
        proposals[lastNumber] = (group, ticket)
        return lastNumber
    }

    mutating func takeProposal(
        _ number: UInt64
    ) -> (group: GroupID, ticket: CoordinatorTicket)? {
        proposals.removeValue(forKey: number)
    }
}

// Between the coordinators, which are pure, and the shard.
extension KafkaFront {
    /// The connection number of the front's own proposals.
    static let ownConnection: UInt32 = (1 << 30) - 1

    /// The group that coordinates a key; nil if there is none yet.
    func coordinatorGroup(of key: ByteSlice) -> GroupID? {
        guard let groups = shard.metadata?.coordinators, !groups.isEmpty else { return nil }
        return groups[CoordinatorHash.place(of: key, among: groups.count)].group
    }

    /// Asks the coordinator of a consumers' group; at once an error if this node is not it.
    func ask(
        _ group: ByteSlice,
        _ request: GroupRequest,
        _ hear: @escaping (GroupAnswer) -> Void
    ) -> CoordinatorError? {
        guard let id = coordinatorGroup(of: group) else { return .coordinatorNotAvailable }
        return ask(id, request, hear)
    }

    func ask(
        _ id: GroupID,
        _ request: GroupRequest,
        _ hear: @escaping (GroupAnswer) -> Void
    ) -> CoordinatorError? {
        guard takeOffice(id), let state = shard.coordinator(id) else {
            return shard.status(id)?.isLeader == true ? .coordinatorLoadInProgress : .notCoordinator
        }
        let waiter = desk.wait(hear)
        let now = shard.groupTime(id)
        let effects = desk.offices[id]?.coordinator.receive(
            request,
            from: waiter,
            state: state,
            now: now
        )
        carryOut(effects ?? [], of: id)
        return nil
    }

    /// Whether this node leads the coordinator and knows all that it has promised.
    func takeOffice(_ id: GroupID) -> Bool {
        let term = shard.servingTerm(id)
        if let office = desk.offices[id], office.term != term { leaveOffice(id) }
        guard let term, let state = shard.coordinator(id) else { return false }
        guard desk.offices[id] == nil else { return true }
        let coordinator = GroupCoordinator(
            term: term,
            state: state,
            now: shard.groupTime(id)
        )
        desk.offices[id] = CoordinatorDesk.Office(term: term, coordinator: coordinator)
        return true
    }

    private func leaveOffice(_ id: GroupID) {
        guard var office = desk.offices.removeValue(forKey: id) else { return }
        carryOut(office.coordinator.resign(), of: id)
    }

    /// Sessions end, rebalances are over, offsets expire.
    func passTimeForCoordinators() {
        for group in shard.metadata?.coordinators ?? [] { passTime(group.group) }
    }

    private func passTime(_ id: GroupID) {
        guard takeOffice(id), let state = shard.coordinator(id) else { return }
        let now = shard.groupTime(id)
        guard let deadline = desk.offices[id]?.coordinator.nextDeadline, deadline <= now else {
            return
        }
        carryOut(desk.offices[id]?.coordinator.passTime(state: state, now: now) ?? [], of: id)
    }

    func completeOwn(_ number: UInt64, _ result: CompletionResult) {
        guard let (group, ticket) = desk.takeProposal(number) else { return }
        let now = shard.groupTime(group)
        let effects: [CoordinatorEffect]?
        if case .streams(.coordinated) = result {
            effects = desk.offices[group]?.coordinator.committed(ticket, now: now)
        } else {
            effects = desk.offices[group]?.coordinator.refused(ticket, now: now)
        }
        carryOut(effects ?? [], of: group)
    }

    private func carryOut(_ effects: [CoordinatorEffect], of group: GroupID) {
        for effect in effects {
            switch effect {
            case .answer(let waiter, let answer): desk.take(waiter)?(answer)
            case .propose(let command, let ticket):
                let number = desk.note(ticket, of: group)
                shard.propose(
                    .coordinate,
                    body: command.bytes,
                    to: group,
                    for: .ofStreams(Self.ownConnection, request: number)
                )
                requestTurn()
            }
        }
    }
}
