internal import Bytes
internal import Model

/// Producer IDs that this leader may give out, and who waits for more.
struct ProducerBlock: Sendable {
    var next: Int64 = 0
    var end: Int64 = 0
    var isOrdered = false
    var waiters: [ProducerWaiter] = []

    mutating func take() -> ProducerID? {
        guard next < end else { return nil }
        defer { next += 1 }
        return ProducerID(next)
    }
}

/// Who waits for a producer ID, with its request.
struct ProducerWaiter: Sendable, Equatable {
    let waiter: CoordinatorWaiter
    let request: ProducerDemand
}

enum ProducerDemand: Sendable, Equatable {
    case initProducer(InitProducerRequest)
    case end(EndTransactionRequest)

    var answer: TransactionAnswer {
        switch self {
        case .initProducer: .initProducer(ProducerAnswer())
        case .end: .end(ProducerAnswer())
        }
    }
}

// InitProducerId: a producer gets an ID and an epoch, and who had them before is fenced off.
extension TransactionCoordinator {
    mutating func initProducer(
        _ request: InitProducerRequest,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        guard let id = request.transactionalID else {
            guard let producer = takeProducer(for: waiter, .initProducer(request), &turn) else {
                return
            }
            let answer = ProducerAnswer(producer: producer, epoch: ProducerEpoch(0))
            return turn.answer(waiter, .initProducer(answer))
        }
        if let error = fault(in: request, id, turn.state) {
            return turn.answer(waiter, .initProducer(ProducerAnswer(error: error)))
        }
        guard let record = turn.state.transaction(id) else {
            guard let producer = takeProducer(for: waiter, .initProducer(request), &turn) else {
                return
            }
            let record = TransactionRecord(producer: producer, timeout: request.timeout)
            return raise(record, request, id, for: waiter, &turn)
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .openTransactionIsNotAborted, record.phase == .ongoing {
            let answer = ProducerAnswer(producer: record.producer, epoch: record.epoch)
            return turn.answer(waiter, .initProducer(answer))
        }
        #endif
        switch record.phase {
        case .ongoing: fence(record, id, for: waiter, &turn)
        case .empty, .completeCommit, .completeAbort:
            let isKnown = request.epoch == .none || request.epoch == record.epoch
            guard record.isEpochExhausted, isKnown else {
                return raise(record, request, id, for: waiter, &turn)
            }
            rotate(record, request, id, for: waiter, &turn)
        case .prepareCommit, .prepareAbort:
            let answer = ProducerAnswer(error: .concurrentTransactions)
            turn.answer(waiter, .initProducer(answer))
        }
    }

    private func fault(
        in request: InitProducerRequest,
        _ id: ByteSlice,
        _ state: CoordinatorState
    ) -> CoordinatorError? {
        guard !id.isEmpty, id.count <= Limits.nameBytesMax else { return .invalidRequest }
        guard request.timeout > 0, request.timeout <= settings.timeoutMax else {
            return .invalidTransactionTimeout
        }
        if underWay[id] != nil { return .concurrentTransactions }
        guard let record = state.transaction(id) else {
            return state.transactionCount < Limits.transactionalIDsMax ? nil : .policyViolation
        }
        if record.phase.isPreparing { return .concurrentTransactions }
        guard request.producer != .none, record.epoch != .none else { return nil }
        let isCurrent = request.producer == record.producer
        // Its epochs were used up, and it did not hear who it is now.
        let isFormer =
            request.producer == record.formerProducer && request.epoch.number >= Int16.max - 1
        return isCurrent || isFormer ? nil : .producerFenced
    }

    /// The next epoch; the same one for who tries again (KIP-360).
    private mutating func raise(
        _ record: TransactionRecord,
        _ request: InitProducerRequest,
        _ id: ByteSlice,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        var next = record.begun(with: request.timeout)
        if request.epoch == .none || record.epoch == .none {
            next.epoch = record.epoch.raised
            next.formerEpoch = request.epoch == .none ? .none : record.epoch
        } else if request.epoch == record.epoch, request.producer == record.producer {
            next.epoch = record.epoch.raised
            next.formerEpoch = record.epoch
        } else if request.epoch != record.formerEpoch {
            let answer = ProducerAnswer(error: .producerFenced)
            return turn.answer(waiter, .initProducer(answer))
        }
        let answer = ProducerAnswer(producer: next.producer, epoch: next.epoch)
        propose(next, as: id, for: waiter, .initProducer(answer), &turn)
    }

    /// The epochs are used up: another producer ID.
    private mutating func rotate(
        _ record: TransactionRecord,
        _ request: InitProducerRequest,
        _ id: ByteSlice,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        guard let producer = takeProducer(for: waiter, .initProducer(request), &turn) else {
            return
        }
        var next = record.begun(with: request.timeout)
        next.formerProducer = record.producer
        next.formerEpoch = request.epoch == .none ? .none : record.epoch
        next.producer = producer
        next.epoch = ProducerEpoch(0)
        let answer = ProducerAnswer(producer: next.producer, epoch: next.epoch)
        propose(next, as: id, for: waiter, .initProducer(answer), &turn)
    }

    /// A transaction of a former producer is open: it is aborted first, and the new one asks again.
    private mutating func fence(
        _ record: TransactionRecord,
        _ id: ByteSlice,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        let answer = ProducerAnswer(error: .concurrentTransactions)
        propose(record.abortedByFence, as: id, for: waiter, .initProducer(answer), &turn)
    }

    /// An ID that nobody has; nil if a block of them must come first, after which the request goes on.
    mutating func takeProducer(
        for waiter: CoordinatorWaiter,
        _ demand: ProducerDemand,
        _ turn: inout TransactionTurn
    ) -> ProducerID? {
        if let producer = producers.take() { return producer }
        guard producers.waiters.count < Limits.producerWaitersMax else {
            turn.answer(waiter, demand.answer.refused(.coordinatorNotAvailable))
            return nil
        }
        producers.waiters.append(ProducerWaiter(waiter: waiter, request: demand))
        guard !producers.isOrdered else { return nil }
        producers.isOrdered = true
        let count = Limits.producersPerBlock
        turn.propose(.takeProducers(count: count), then: .producers(count: count))
        return nil
    }

    /// The log has given a block: all before it are somebody else's.
    mutating func receiveBlock(_ count: Int64, _ turn: inout TransactionTurn) {
        producers.isOrdered = false
        producers.end = settings.producerIDBase + turn.state.producersTaken
        producers.next = producers.end - count
        #if MARTLET_MUTANTS
        if settings.mutant == .producersStartOver { producers.next = settings.producerIDBase }
        #endif
        let waiters = producers.waiters
        producers.waiters = []
        for waiting in waiters {
            switch waiting.request {
            case .initProducer(let request): initProducer(request, for: waiting.waiter, &turn)
            case .end(let request): end(request, for: waiting.waiter, &turn)
            }
        }
    }

    mutating func refuseBlock(_ error: CoordinatorError, _ turn: inout TransactionTurn) {
        producers.isOrdered = false
        for waiting in producers.waiters {
            turn.answer(waiting.waiter, waiting.request.answer.refused(error))
        }
        producers.waiters = []
    }
}

extension ProducerEpoch {
    /// The one after it; after the last one there is none, which `isEpochExhausted` prevents.
    var raised: ProducerEpoch { ProducerEpoch(number == .max ? .max : number + 1) }
}

extension TransactionRecord {
    /// A producer begins here, with nothing.
    fileprivate func begun(with timeout: Int32) -> TransactionRecord {
        var next = self
        next.timeout = timeout
        next.phase = .empty
        next.partitions = []
        next.groups = []
        next.startedAt = -1
        return next
    }

    /// Aborted by us: whoever has the old epoch hears that it is fenced.
    var abortedByFence: TransactionRecord {
        var next = self
        next.phase = .prepareAbort
        next.epoch = epoch.raised
        next.formerEpoch = .none
        return next
    }
}
