import Bytes
import Model
import Testing

@testable import Coordinators

/// Producers, some of them zombies, that write to partitions in transactions; chance decides.
struct TransactionModel {
    let test: TestTransactions
    var random: SplitMix
    var producers: [Producer]
    var partitions = Array(repeating: SimulatedPartition(), count: 4)
    var violations: [String] = []
    var committed = 0
    var aborted = 0

    /// What producers heard of their transactions.
    private var heard: [Int: Bool] = [:]

    /// Who was given a producer's epoch by InitProducerId.
    private var given: Set<String> = []
    private var lastToken = 0

    /// Transactions that their producers wanted to be committed.
    private var wanted: Set<Int> = []

    /// Ends that the network may bring once more.
    private var sentEnds: [EndTransactionRequest] = []

    /// A leader that looks to its clients like a partition's.
    struct SimulatedPartition {
        var epochs: [ProducerID: ProducerEpoch] = [:]
        var open: [ProducerID: [Int]] = [:]
        var decided: [(token: Int, isCommitted: Bool)] = []

        mutating func append(_ token: Int, _ identity: ProducerIdentity) -> Bool {
            guard identity.epoch >= epochs[identity.producer] ?? .none else { return false }
            epochs[identity.producer] = identity.epoch
            open[identity.producer, default: []].append(token)
            return true
        }

        mutating func write(_ marker: TransactionMarkers) {
            let producer = marker.identity.producer
            guard marker.identity.epoch >= epochs[producer] ?? .none else { return }
            epochs[producer] = marker.identity.epoch
            for token in open.removeValue(forKey: producer) ?? [] {
                decided.append((token, marker.isCommitted))
            }
        }
    }

    struct Producer {
        let transactionalID: ByteSlice
        var state = State.idle
        var identity = ProducerIdentity(transactionalID: .empty, producer: .none, epoch: .none)
        var token = 0

        enum State {
            case idle
            case initializing(CoordinatorWaiter)
            case ready
            case adding(CoordinatorWaiter, Int)

            /// It was let in, and its batch is on the way.
            case writing(Int)
            case ending(CoordinatorWaiter, isCommitted: Bool)
            case retrying(isCommitted: Bool)
        }
    }

    init(seed: UInt64, _ change: (inout TransactionSettings) -> Void = { _ in }) {
        test = TestTransactions(change)
        random = SplitMix(seed: seed)
        producers = (0..<6).map { Producer(transactionalID: ByteSlice("x\($0 / 2)")) }
    }

    private mutating func chance(_ one: UInt64) -> Bool { random.next() % one == 0 }

    mutating func rage(steps: Int) {
        for _ in 0..<steps where violations.isEmpty {
            switch random.next() % 20 {
            case 0..<10: act(Int(random.next() % UInt64(producers.count)))
            case 10..<14: settle(isRefusing: chance(15))
            case 14..<16: writeMarker()
            case 16 where chance(3) && !sentEnds.isEmpty:
                test.ask(
                    .end(sentEnds[sentEnds.count - 1 - Int(random.next() % 8) % sentEnds.count])
                )
            case 17: test.pass(Int64(random.next() % 2_000), isCommitting: false)
            case 18: if chance(6) { test.pass(61_000, isCommitting: false) }
            default: if chance(4) { changeLeader() }
            }
        }
    }

    /// No producer does anything any more: in the end everything is decided, and known to all.
    mutating func calm() {
        for _ in 0..<40 {
            while !test.proposals.isEmpty { settle(isRefusing: false) }
            while !test.markers.isEmpty { writeMarker() }
            test.pass(5_000, isCommitting: false)
        }
        for place in producers.indices {
            guard case .ending(let waiter, let isCommitted) = producers[place].state else {
                continue
            }
            hearEnd(place, waiter, isCommitted)
        }
        for id in test.state.transactionalIDs {
            guard let phase = test.state.transaction(id)?.phase else { continue }
            expect(phase != .ongoing && !phase.isPreparing, "\(id) hangs in \(phase)")
        }
        for waiter in 1...test.lastWaiter where test.answers[CoordinatorWaiter(waiter)] == nil {
            violations.append("\(waiter) was never answered")
        }
        checkDecisions()
    }

    private mutating func checkDecisions() {
        var decisions = heard
        for (number, partition) in partitions.enumerated() {
            expect(partition.open.values.allSatisfy(\.isEmpty), "\(number) has an open transaction")
            for (token, isCommitted) in partition.decided {
                let known = decisions.updateValue(isCommitted, forKey: token)
                expect(!isCommitted || wanted.contains(token), "nobody committed \(token)")
                expect(known == nil || known == isCommitted, "transaction \(token) is torn")
            }
        }
        committed = decisions.values.count { $0 }
        aborted = decisions.count - committed
    }

    private mutating func expect(_ holds: Bool, _ text: String) {
        if !holds { violations.append(text) }
    }
}

extension TransactionModel {
    private mutating func act(_ place: Int) {
        switch producers[place].state {
        case .idle:
            let request = InitProducerRequest(
                transactionalID: producers[place].transactionalID,
                timeout: 60_000
            )
            producers[place].state = .initializing(test.ask(.initProducer(request)))
        case .initializing(let waiter): begin(place, waiter)
        case .ready:
            if chance(4) { return end(place, isCommitted: !chance(3)) }
            add(place, Int(random.next() % UInt64(partitions.count)))
        case .adding(let waiter, let partition):
            guard case .add(let error) = test.answers[waiter] else { return }
            guard let error else { return producers[place].state = .writing(partition) }
            producers[place].state = Self.isRetriable(error) ? .ready : .idle
        case .writing(let partition):
            let isTaken = partitions[partition].append(
                producers[place].token,
                producers[place].identity
            )
            producers[place].state = isTaken ? .ready : .idle
        case .ending(let waiter, let isCommitted): hearEnd(place, waiter, isCommitted)
        case .retrying(let isCommitted): end(place, isCommitted: isCommitted)
        }
    }

    private static func isRetriable(_ error: CoordinatorError) -> Bool {
        [.concurrentTransactions, .coordinatorNotAvailable, .notCoordinator].contains(error)
    }

    private mutating func begin(_ place: Int, _ waiter: CoordinatorWaiter) {
        guard case .initProducer(let answer) = test.answers[waiter] else { return }
        guard answer.error == nil else { return producers[place].state = .idle }
        let name = "\(answer.producer) \(answer.epoch)"
        expect(given.insert(name).inserted, "producer and epoch \(name) were given twice")
        goOn(place, answer)
    }

    private mutating func goOn(_ place: Int, _ answer: ProducerAnswer) {
        producers[place].identity = ProducerIdentity(
            transactionalID: producers[place].transactionalID,
            producer: answer.producer,
            epoch: answer.epoch
        )
        lastToken += 1
        producers[place].token = lastToken
        producers[place].state = .ready
    }

    private mutating func add(_ place: Int, _ partition: Int) {
        let request = AddToTransactionRequest(
            identity: producers[place].identity,
            partitions: [TopicPartition(topic: "t", partition: Int32(partition))],
            raisesEpoch: true
        )
        producers[place].state = .adding(test.ask(.add(request)), partition)
    }

    private mutating func end(_ place: Int, isCommitted: Bool) {
        let request = EndTransactionRequest(
            identity: producers[place].identity,
            isCommitted: isCommitted,
            raisesEpoch: true
        )
        if isCommitted { wanted.insert(producers[place].token) }
        sentEnds.append(request)
        producers[place].state = .ending(test.ask(.end(request)), isCommitted: isCommitted)
    }

    private mutating func hearEnd(
        _ place: Int,
        _ waiter: CoordinatorWaiter,
        _ isCommitted: Bool
    ) {
        guard case .end(let answer) = test.answers[waiter] else { return }
        if let error = answer.error {
            producers[place].state =
                Self.isRetriable(error) ? .retrying(isCommitted: isCommitted) : .idle
            return
        }
        heard[producers[place].token] = isCommitted
        goOn(place, answer)
    }

    private mutating func settle(isRefusing: Bool) {
        guard !test.proposals.isEmpty else { return }
        let (command, ticket) = test.proposals.removeFirst()
        guard isRefusing else {
            test.apply(command)
            return test.take(
                test.coordinator.committed(ticket, state: test.state, now: test.now)
            )
        }
        test.take(test.coordinator.refused(ticket, now: test.now))
        // Nobody knows: it may be in the log all the same.
        if chance(2) { test.apply(command) }
    }

    /// One partition of some marker gets it; the word of that may be lost with its leader.
    private mutating func writeMarker() {
        guard !test.markers.isEmpty else { return }
        let place = Int(random.next() % UInt64(test.markers.count))
        var marker = test.markers[place]
        let partition = marker.partitions.removeFirst()
        partitions[Int(partition.partition)].write(marker)
        if marker.partitions.isEmpty {
            test.markers.remove(at: place)
        } else {
            test.markers[place] = marker
        }
        test.ask(.markersWritten(marker.identity, partitions: [partition], groups: []))
    }

    private mutating func changeLeader() {
        for _ in 0..<(random.next() % 3) where !test.proposals.isEmpty {
            test.apply(test.proposals.removeFirst().command)
        }
        test.changeLeader()
    }
}
