internal import Bytes
public import Model

/// Coordinates transactions on the node that leads their coordinator group, as Kafka does it.
///
/// ```
/// empty ──add──→ ongoing ──end──→ prepareCommit or prepareAbort ──all told──→ completeCommit or …Abort
///                   ↑                                                              │
///                   └───────────────────────────── add ────────────────────────────┘
/// ```
/// A transaction is its record in `CoordinatorState`; each step is a next record that is proposed, and
/// what it leads to – an answer, markers – follows when it is applied. A record counts its versions,
/// and only the next one is taken: so a step whose fate was unknown, and that is applied late, is
/// either the one that everything since builds on, or none.
///
/// A decision is final when `prepareCommit` or `prepareAbort` is applied. The client is answered then;
/// markers follow until everybody has heard, under whichever leader.
public struct TransactionCoordinator: Sendable {
    let settings: TransactionSettings
    let term: Term

    /// By transactional ID, the step that is on its way to the log; one at a time.
    var underWay: [ByteSlice: CoordinatorTicket] = [:]
    private var pending: [CoordinatorTicket: PendingTransition] = [:]
    private var lastTicket: UInt64 = 0

    /// Who has yet to hear of a decision.
    var telling: [ByteSlice: Telling] = [:]

    /// IDs with a step of unknown fate, and until when it is looked for.
    var doubts: [ByteSlice: GroupTime] = [:]
    var producers = ProducerBlock()
    var check: TransactionCheck

    /// For a leader that has applied an entry of its own term; `passTime` then goes on with what the
    /// leader before it had decided.
    public init(
        settings: TransactionSettings = TransactionSettings(),
        term: Term,
        state: CoordinatorState,
        now: GroupTime
    ) {
        self.settings = settings
        self.term = term
        check = TransactionCheck(
            timeoutsAt: now + settings.timeoutCheckInterval,
            idsAt: now + settings.idCheckInterval
        )
        let decided = state.transactionalIDs.filter {
            state.transaction($0)?.phase.isPreparing == true
        }
        for id in decided { doubts[id] = now }
        #if MARTLET_MUTANTS
        if settings.mutant == .newLeaderForgetsDecisions { doubts = [:] }
        #endif
    }

    /// When `passTime` is wanted next; earlier is harmless.
    public var nextDeadline: GroupTime {
        guard doubts.isEmpty, check.idsLeft.isEmpty else { return check.lookedAt }
        return min(check.timeoutsAt, check.idsAt)
    }

    /// `wallTime` in milliseconds since 1970 is only shown to people.
    public mutating func receive(
        _ request: TransactionRequest,
        from waiter: CoordinatorWaiter,
        state: CoordinatorState,
        now: GroupTime,
        wallTime: Int64
    ) -> [TransactionEffect] {
        var turn = TransactionTurn(state: state, now: now, wallTime: wallTime)
        switch request {
        case .initProducer(let request): initProducer(request, for: waiter, &turn)
        case .add(let request): add(request, for: waiter, &turn)
        case .verify(let identity, let places):
            turn.answer(waiter, .verify(verified(places, identity, turn)))
        case .end(let request): end(request, for: waiter, &turn)
        case .markersWritten(let identity, let partitions, let groups):
            hear(identity, partitions, groups, &turn)
            turn.answer(waiter, .markersWritten)
        case .describe(let id):
            let record = state.transaction(id)
            turn.answer(waiter, .describe(record == nil ? .transactionalIDNotFound : nil, record))
        case .list(let filter): turn.answer(waiter, .list(list(filter, turn)))
        }
        return close(turn)
    }

    /// What was proposed is applied here; `state` has it.
    public mutating func committed(
        _ ticket: CoordinatorTicket,
        state: CoordinatorState,
        now: GroupTime
    ) -> [TransactionEffect] {
        guard let change = pending.removeValue(forKey: ticket) else { return [] }
        var turn = TransactionTurn(state: state, now: now, wallTime: -1)
        switch change {
        case .transaction(let step):
            underWay[step.id] = nil
            // A step of unknown fate came in between.
            let isTaken = state.transaction(step.id) == step.record
            let answer = isTaken ? step.answer : step.answer.refused(.concurrentTransactions)
            if let waiter = step.waiter { turn.answer(waiter, answer) }
            goOn(step.id, &turn)
        case .producers(let count): receiveBlock(count, &turn)
        case .forgotten: break
        }
        return close(turn)
    }

    /// What was proposed will never be applied, or nobody knows whether it will.
    public mutating func refused(
        _ ticket: CoordinatorTicket,
        _ error: CoordinatorError = .coordinatorNotAvailable,
        now: GroupTime
    ) -> [TransactionEffect] {
        guard let change = pending.removeValue(forKey: ticket) else { return [] }
        var turn = TransactionTurn(state: CoordinatorState(), now: now, wallTime: -1)
        switch change {
        case .transaction(let step):
            underWay[step.id] = nil
            doubts[step.id] = now + Limits.doubtDuration
            if let waiter = step.waiter { turn.answer(waiter, step.answer.refused(error)) }
        case .producers: refuseBlock(error, &turn)
        case .forgotten: break
        }
        return close(turn)
    }

    public mutating func passTime(
        state: CoordinatorState,
        now: GroupTime,
        wallTime: Int64
    ) -> [TransactionEffect] {
        var turn = TransactionTurn(state: state, now: now, wallTime: wallTime)
        check.lookedAt = now + Limits.proposalRetryDelay
        for id in doubts.keys.sorted() {
            goOn(id, &turn)
            if doubts[id, default: now] <= now { doubts[id] = nil }
        }
        abortWhatTakesTooLong(&turn)
        forgetWhatIsUnused(&turn)
        return close(turn)
    }

    /// This node leads no more: whoever waits looks for the next leader.
    public mutating func resign() -> [TransactionEffect] {
        var turn = TransactionTurn(state: CoordinatorState(), now: .zero, wallTime: -1)
        let tickets = pending.keys.sorted { $0.number < $1.number }
        for ticket in tickets {
            guard case .transaction(let step) = pending[ticket], let waiter = step.waiter else {
                continue
            }
            turn.answer(waiter, step.answer.refused(.notCoordinator))
        }
        refuseBlock(.notCoordinator, &turn)
        pending = [:]
        return turn.effects
    }

    /// Gives proposals their tickets.
    private mutating func close(_ turn: TransactionTurn) -> [TransactionEffect] {
        var effects = turn.effects
        for proposal in turn.proposals {
            lastTicket += 1
            let ticket = CoordinatorTicket(term: term, part: .transactions, number: lastTicket)
            pending[ticket] = proposal.change
            if case .transaction(let step) = proposal.change { underWay[step.id] = ticket }
            effects.append(.propose(proposal.command, ticket))
        }
        return effects
    }
}

extension TransactionCoordinator {
    /// Proposes an ID's next record.
    mutating func propose(
        _ record: TransactionRecord,
        as id: ByteSlice,
        for waiter: CoordinatorWaiter?,
        _ answer: TransactionAnswer,
        _ turn: inout TransactionTurn
    ) {
        var record = record
        record.version += 1
        record.time = turn.now
        let name = id.compacted
        let step = TransactionStep(id: name, record: record, waiter: waiter, answer: answer)
        turn.propose(.storeTransaction(name, record), then: .transaction(step))
    }

    /// Whether something is on its way, or decided and not yet known to all.
    func isBusy(_ id: ByteSlice, _ record: TransactionRecord) -> Bool {
        underWay[id] != nil || record.phase.isPreparing
    }
}
