import Bytes
import Model
import Testing

@testable import Coordinators

/// A transaction coordinator with its state and a log; what is proposed waits until it is applied.
final class TestTransactions {
    var state = CoordinatorState()
    var coordinator: TransactionCoordinator
    var now = GroupTime(1_000)
    var answers: [CoordinatorWaiter: TransactionAnswer] = [:]
    var proposals: [(command: CoordinatorCommand, ticket: CoordinatorTicket)] = []
    var markers: [TransactionMarkers] = []
    var lastWaiter: UInt64 = 0
    var term = Term(1)
    let settings: TransactionSettings

    init(_ change: (inout TransactionSettings) -> Void = { _ in }) {
        var settings = TransactionSettings()
        change(&settings)
        self.settings = settings
        coordinator = TransactionCoordinator(
            settings: settings,
            term: term,
            state: state,
            now: now
        )
    }

    @discardableResult
    func ask(_ request: TransactionRequest) -> CoordinatorWaiter {
        lastWaiter += 1
        let waiter = CoordinatorWaiter(lastWaiter)
        let wallTime = now.number + 1_700_000_000_000
        take(
            coordinator.receive(request, from: waiter, state: state, now: now, wallTime: wallTime)
        )
        return waiter
    }

    func take(_ effects: [TransactionEffect]) {
        for effect in effects {
            switch effect {
            case .answer(let waiter, let answer):
                #expect(answers[waiter] == nil, "\(waiter) is answered twice")
                answers[waiter] = answer
            case .propose(let command, let ticket): proposals.append((command, ticket))
            case .writeMarkers(let written): markers.append(written)
            }
        }
    }

    func apply(_ command: CoordinatorCommand) {
        do {
            let decoded = try CoordinatorCommand(decoding: command.bytes)
            #expect(decoded == command)
            state.apply(decoded, at: now)
        } catch {
            Issue.record("\(command) does not decode: \(error)")
        }
    }

    func commit() {
        while !proposals.isEmpty {
            let (command, ticket) = proposals.removeFirst()
            apply(command)
            take(coordinator.committed(ticket, state: state, now: now))
        }
    }

    /// The answer says that it failed; with `isApplied` it did not.
    func refuse(isApplied: Bool = false) {
        while !proposals.isEmpty {
            let (command, ticket) = proposals.removeFirst()
            if isApplied { apply(command) }
            take(coordinator.refused(ticket, now: now))
        }
    }

    func writeMarkers() {
        while !markers.isEmpty {
            let marker = markers.removeFirst()
            ask(
                .markersWritten(
                    marker.identity,
                    partitions: marker.partitions,
                    groups: marker.groups
                )
            )
        }
    }

    func pass(_ milliseconds: Int64, isCommitting: Bool = true) {
        let end = now + milliseconds
        var steps = 0
        while steps < 100_000, coordinator.nextDeadline <= end {
            steps += 1
            now = max(now, coordinator.nextDeadline)
            take(coordinator.passTime(state: state, now: now, wallTime: 0))
            if isCommitting { commit() }
        }
        #expect(steps < 100_000, "it wants to be woken again and again")
        now = end
    }

    func changeLeader() {
        take(coordinator.resign())
        proposals = []
        markers = []
        term = term.next
        coordinator = TransactionCoordinator(
            settings: settings,
            term: term,
            state: state,
            now: now
        )
    }
}

extension TestTransactions {
    struct Mismatch: Error {
        let answer: TransactionAnswer
    }

    static let first = TopicPartition(topic: "t", partition: 0)
    static let second = TopicPartition(topic: "t", partition: 1)

    func producer(
        _ waiter: CoordinatorWaiter,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ProducerAnswer {
        let answer = try #require(answers[waiter], sourceLocation: sourceLocation)
        switch answer {
        case .initProducer(let producer), .end(let producer): return producer
        default: throw Mismatch(answer: answer)
        }
    }

    /// Asks for a producer and gets what the log says.
    func initProducer(
        _ former: ProducerIdentity? = nil,
        timeout: Int32 = 60_000
    ) throws -> ProducerAnswer {
        let waiter = ask(
            .initProducer(
                InitProducerRequest(
                    transactionalID: "x",
                    timeout: timeout,
                    producer: former?.producer ?? .none,
                    epoch: former?.epoch ?? .none
                )
            )
        )
        commit()
        return try producer(waiter)
    }

    func identity(_ answer: ProducerAnswer) -> ProducerIdentity {
        ProducerIdentity(transactionalID: "x", producer: answer.producer, epoch: answer.epoch)
    }

    func begun() throws -> ProducerIdentity { identity(try initProducer()) }

    func add(
        _ identity: ProducerIdentity,
        _ partitions: [TopicPartition] = [first],
        groups: [ByteSlice] = [],
        raisesEpoch: Bool = true
    ) throws -> CoordinatorError? {
        let waiter = ask(
            .add(
                AddToTransactionRequest(
                    identity: identity,
                    partitions: partitions,
                    groups: groups,
                    raisesEpoch: raisesEpoch
                )
            )
        )
        commit()
        guard case .add(let error) = answers[waiter] else {
            throw Mismatch(answer: try #require(answers[waiter]))
        }
        return error
    }

    func end(
        _ identity: ProducerIdentity,
        isCommitted: Bool = true,
        raisesEpoch: Bool = true
    ) throws -> ProducerAnswer {
        let request = EndTransactionRequest(
            identity: identity,
            isCommitted: isCommitted,
            raisesEpoch: raisesEpoch
        )
        let waiter = ask(.end(request))
        commit()
        return try producer(waiter)
    }

    var phase: TransactionPhase? { state.transaction("x")?.phase }

    /// As if it had been in use for long.
    func setEpoch(_ epoch: Int16) {
        state.transactions["x"]?.epoch = ProducerEpoch(epoch)
    }
}
