internal import Bytes
internal import Model

/// Who has yet to hear of a decision.
struct Telling: Sendable, Equatable {
    let version: UInt64
    var untoldPartitions: Set<TopicPartition>
    var untoldGroups: Set<ByteSlice>

    var isOver: Bool { untoldPartitions.isEmpty && untoldGroups.isEmpty }
}

/// When transactions are looked through, and how far.
struct TransactionCheck: Sendable {
    var timeoutsAt: GroupTime
    var idsAt: GroupTime
    var idsLeft: ArraySlice<ByteSlice> = []

    /// When doubts are looked at again.
    var lookedAt = GroupTime.zero

    init(timeoutsAt: GroupTime, idsAt: GroupTime) {
        self.timeoutsAt = timeoutsAt
        self.idsAt = idsAt
    }
}

// From a decision to its end, and what happens without any client.
extension TransactionCoordinator {
    /// Does what the ID's record asks for: a decision is told, and what all know is complete.
    mutating func goOn(_ id: ByteSlice, _ turn: inout TransactionTurn) {
        guard let record = turn.state.transaction(id), record.phase.isPreparing else {
            telling[id] = nil
            return
        }
        guard underWay[id] == nil else { return }
        if telling[id]?.version != record.version {
            telling[id] = Telling(
                version: record.version,
                untoldPartitions: Set(record.partitions),
                untoldGroups: Set(record.groups)
            )
            tell(record, id, &turn)
        }
        guard telling[id]?.isOver == true else { return }
        propose(record.completed, as: id, for: nil, .markersWritten, &turn)
    }

    func tell(_ record: TransactionRecord, _ id: ByteSlice, _ turn: inout TransactionTurn) {
        guard !record.partitions.isEmpty || !record.groups.isEmpty else { return }
        let markers = TransactionMarkers(
            identity: ProducerIdentity(
                transactionalID: id,
                producer: record.producer,
                epoch: record.epoch
            ),
            isCommitted: record.isCommitted,
            raisesEpoch: record.raisesEpoch,
            partitions: record.partitions,
            groups: record.groups
        )
        turn.effects.append(.writeMarkers(markers))
    }

    mutating func hear(
        _ identity: ProducerIdentity,
        _ partitions: [TopicPartition],
        _ heardGroups: [ByteSlice],
        _ turn: inout TransactionTurn
    ) {
        let id = identity.transactionalID
        guard let record = turn.state.transaction(id), record.producer == identity.producer,
            record.epoch == identity.epoch, telling[id]?.version == record.version
        else { return }
        for place in partitions { telling[id]?.untoldPartitions.remove(place) }
        for group in heardGroups { telling[id]?.untoldGroups.remove(group) }
        #if MARTLET_MUTANTS
        if settings.mutant == .completeTooEarly { telling[id]?.untoldPartitions = [] }
        #endif
        goOn(id, &turn)
    }

    mutating func abortWhatTakesTooLong(_ turn: inout TransactionTurn) {
        guard check.timeoutsAt <= turn.now else { return }
        check.timeoutsAt = turn.now + settings.timeoutCheckInterval
        for id in turn.state.transactionalIDs where underWay[id] == nil {
            guard let record = turn.state.transaction(id), record.phase == .ongoing,
                record.startTime + Int64(record.timeout) <= turn.now
            else { continue }
            propose(record.abortedByFence, as: id, for: nil, .markersWritten, &turn)
        }
    }

    mutating func forgetWhatIsUnused(_ turn: inout TransactionTurn) {
        if check.idsLeft.isEmpty, check.idsAt <= turn.now {
            check.idsAt = turn.now + settings.idCheckInterval
            check.idsLeft = turn.state.transactionalIDs[...]
        }
        for id in check.idsLeft.prefix(Limits.transactionsCheckedAtOnce) where underWay[id] == nil {
            guard let record = turn.state.transaction(id),
                record.isForgettable(at: turn.now, after: settings.idRetention)
            else { continue }
            turn.propose(
                .forgetTransaction(id, retention: settings.idRetention),
                then: .forgotten
            )
        }
        check.idsLeft = check.idsLeft.dropFirst(Limits.transactionsCheckedAtOnce)
    }

    /// Sorted by transactional ID.
    func list(_ filter: TransactionFilter, _ turn: TransactionTurn) -> [ListedTransaction] {
        turn.state.transactionalIDs.compactMap { id in
            guard let record = turn.state.transaction(id), filter.lists(record, now: turn.now)
            else {
                return nil
            }
            return ListedTransaction(
                transactionalID: id,
                producer: record.producer,
                phase: record.phase
            )
        }
    }
}

extension TransactionFilter {
    fileprivate func lists(_ record: TransactionRecord, now: GroupTime) -> Bool {
        let isUnderWay = record.phase == .ongoing || record.phase.isPreparing
        let duration = isUnderWay ? now.number - record.startTime.number : -1
        return (phases.isEmpty || phases.contains(record.phase))
            && (producers.isEmpty || producers.contains(record.producer))
            && (durationMin < 0 || duration >= durationMin)
    }
}

extension TransactionRecord {
    /// All have been told.
    fileprivate var completed: TransactionRecord {
        var next = self
        next.phase = isCommitted ? .completeCommit : .completeAbort
        next.partitions = []
        next.groups = []
        next.startedAt = -1
        if nextProducer != .none {
            next.producer = nextProducer
            next.epoch = ProducerEpoch(0)
            next.nextProducer = .none
        }
        return next
    }
}
