internal import Bytes
internal import Model

/// What one step is given, and what it wants done.
struct TransactionTurn {
    let state: CoordinatorState
    let now: GroupTime

    /// In milliseconds since 1970, for people.
    let wallTime: Int64
    var effects: [TransactionEffect] = []
    var proposals: [(command: CoordinatorCommand, change: PendingTransition)] = []

    init(state: CoordinatorState, now: GroupTime, wallTime: Int64) {
        self.state = state
        self.now = now
        self.wallTime = wallTime
    }

    mutating func answer(_ waiter: CoordinatorWaiter, _ answer: TransactionAnswer) {
        effects.append(.answer(waiter, answer))
    }

    mutating func propose(_ command: CoordinatorCommand, then change: PendingTransition) {
        proposals.append((command, change))
    }
}

/// What follows once a proposal is applied.
enum PendingTransition: Sendable, Equatable {
    case transaction(TransactionStep)
    case producers(count: Int64)
    case forgotten
}

/// A transactional ID's next record, and who is told of it.
struct TransactionStep: Sendable, Equatable {
    let id: ByteSlice
    let record: TransactionRecord
    let waiter: CoordinatorWaiter?
    let answer: TransactionAnswer
}

extension TransactionAnswer {
    /// The same kind of answer, with an error in place of what it would have said.
    func refused(_ error: CoordinatorError) -> TransactionAnswer {
        switch self {
        case .initProducer: .initProducer(ProducerAnswer(error: error))
        case .add: .add(error)
        case .verify(let results):
            .verify(results.map { PartitionResult(place: $0.place, error: error) })
        case .end: .end(ProducerAnswer(error: error))
        case .describe: .describe(error, nil)
        case .markersWritten, .list: self
        }
    }
}
