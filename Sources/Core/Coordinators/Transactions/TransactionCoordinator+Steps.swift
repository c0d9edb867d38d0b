internal import Bytes
internal import Model

// What a producer does with its transaction: partitions and groups are added, then it ends.
extension TransactionCoordinator {
    mutating func add(
        _ request: AddToTransactionRequest,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        let id = request.identity.transactionalID
        guard let record = turn.state.transaction(id) else {
            let error: CoordinatorError = id.isEmpty ? .invalidRequest : .invalidProducerIDMapping
            return turn.answer(waiter, .add(error))
        }
        if let error = fault(in: request.identity, record) {
            return turn.answer(waiter, .add(error))
        }
        guard !isBusy(id, record) else { return turn.answer(waiter, .add(.concurrentTransactions)) }
        var next = record
        if record.phase != .ongoing {
            next.phase = .ongoing
            next.partitions = []
            next.groups = []
            next.startTime = turn.now
            next.startedAt = turn.wallTime
        }
        next.raisesEpoch = request.raisesEpoch
        next.partitions.unite(with: request.partitions)
        next.groups.unite(with: request.groups)
        // It is known already, as when an answer was lost.
        guard next != record else { return turn.answer(waiter, .add(nil)) }
        guard next.partitions.count + next.groups.count <= Limits.transactionPartitionsMax,
            next.partitions.allSatisfy({ $0.topic.count <= Limits.nameBytesMax }),
            next.groups.allSatisfy({ $0.count <= Limits.nameBytesMax })
        else { return turn.answer(waiter, .add(.invalidRequest)) }
        propose(next, as: id, for: waiter, .add(nil), &turn)
    }

    private func fault(
        in identity: ProducerIdentity,
        _ record: TransactionRecord
    ) -> CoordinatorError? {
        #if MARTLET_MUTANTS
        if settings.mutant == .fencedProducerGoesOn { return nil }
        #endif
        guard identity.producer == record.producer else { return .invalidProducerIDMapping }
        return identity.epoch == record.epoch ? nil : .producerFenced
    }

    func verified(
        _ places: [TopicPartition],
        _ identity: ProducerIdentity,
        _ turn: TransactionTurn
    ) -> [PartitionResult] {
        let id = identity.transactionalID
        let record = turn.state.transaction(id)
        var common = record.map { fault(in: identity, $0) } ?? .invalidProducerIDMapping
        if common == nil, let record, isBusy(id, record) { common = .concurrentTransactions }
        return places.map { place in
            let isIn = record?.phase == .ongoing && record?.partitions.contains(place) == true
            return PartitionResult(
                place: place,
                error: common ?? (isIn ? nil : .transactionAbortable)
            )
        }
    }

    mutating func end(
        _ request: EndTransactionRequest,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        let id = request.identity.transactionalID
        guard let record = turn.state.transaction(id) else {
            let error: CoordinatorError = id.isEmpty ? .invalidRequest : .invalidProducerIDMapping
            return turn.answer(waiter, .end(ProducerAnswer(error: error)))
        }
        let isRepeated = request.isRepeated(of: record)
        if !isRepeated, let error = fault(in: request.identity, record) {
            return turn.answer(waiter, .end(ProducerAnswer(error: error)))
        }
        guard underWay[id] == nil else {
            return turn.answer(waiter, .end(ProducerAnswer(error: .concurrentTransactions)))
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .lateEndDecidesTheNext, record.phase == .ongoing {
            return decide(request, record, for: waiter, &turn)
        }
        #endif
        switch record.outcome(of: request, isRepeated: isRepeated) {
        case .refused(let error): turn.answer(waiter, .end(ProducerAnswer(error: error)))
        case .known:
            let answer = ProducerAnswer(producer: record.producer, epoch: record.epoch)
            turn.answer(waiter, .end(answer))
        case .decide: decide(request, record, for: waiter, &turn)
        }
    }

    private mutating func decide(
        _ request: EndTransactionRequest,
        _ record: TransactionRecord,
        for waiter: CoordinatorWaiter,
        _ turn: inout TransactionTurn
    ) {
        var next = record
        if record.phase != .ongoing {
            next.partitions = []
            next.groups = []
            next.startTime = turn.now
            next.startedAt = turn.wallTime
        }
        next.phase = request.isCommitted ? .prepareCommit : .prepareAbort
        next.raisesEpoch = request.raisesEpoch
        var answer = ProducerAnswer(producer: record.producer, epoch: record.epoch)
        if request.raisesEpoch {
            if record.isEpochExhausted {
                guard let producer = takeProducer(for: waiter, .end(request), &turn) else { return }
                next.nextProducer = producer
            }
            next.formerProducer = record.producer
            next.formerEpoch = record.epoch
            next.epoch = record.epoch.raised
            answer = next.producerWhenComplete
        }
        let id = request.identity.transactionalID
        propose(next, as: id, for: waiter, .end(answer), &turn)
    }
}

extension EndTransactionRequest {
    /// The transaction was ended with the epoch before; the answer was lost (KIP-890).
    fileprivate func isRepeated(of record: TransactionRecord) -> Bool {
        raisesEpoch && record.raisesEpoch && record.formerEpoch != .none
            && identity.producer == record.formerProducer && identity.epoch == record.formerEpoch
    }
}

/// What EndTxn means for a record.
private enum EndOutcome {
    case decide

    /// It was done before; says who the producer is now.
    case known
    case refused(CoordinatorError)
}

extension TransactionRecord {
    /// The producer that goes on after the transaction.
    fileprivate var producerWhenComplete: ProducerAnswer {
        nextProducer == .none
            ? ProducerAnswer(producer: producer, epoch: epoch)
            : ProducerAnswer(producer: nextProducer, epoch: ProducerEpoch(0))
    }

    fileprivate func outcome(
        of request: EndTransactionRequest,
        isRepeated: Bool
    ) -> EndOutcome {
        switch phase {
        case .ongoing: return isRepeated ? .refused(.invalidTransactionState) : .decide
        case .prepareCommit, .prepareAbort:
            return .refused(
                isCommitted == request.isCommitted
                    ? .concurrentTransactions : .invalidTransactionState
            )
        case .completeCommit, .completeAbort:
            let isTheSame = isCommitted == request.isCommitted
            guard request.raisesEpoch else {
                return isTheSame ? .known : .refused(.invalidTransactionState)
            }
            if isRepeated { return isTheSame ? .known : .refused(.invalidTransactionState) }
            // Nothing was added to it, or nothing that we heard of: an abort is always well.
            return request.isCommitted ? .refused(.invalidTransactionState) : .decide
        case .empty:
            return request.raisesEpoch && !request.isCommitted && !isRepeated
                ? .decide : .refused(.invalidTransactionState)
        }
    }
}

extension [TopicPartition] {
    /// Both lists, sorted, each place once.
    fileprivate mutating func unite(with others: [TopicPartition]) {
        self = (self + others).sorted().withoutRepetitions
    }
}

extension [ByteSlice] {
    fileprivate mutating func unite(with others: [ByteSlice]) {
        self = (self + others).sorted().withoutRepetitions
    }
}

extension Array where Element: Equatable {
    /// Of a sorted list.
    fileprivate var withoutRepetitions: [Element] {
        var unique: [Element] = []
        for element in self where unique.last != element { unique.append(element) }
        return unique
    }
}
