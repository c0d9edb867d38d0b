import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct ProducerTests {
    private func plain(_ test: TestTransactions) -> CoordinatorWaiter {
        test.ask(.initProducer(InitProducerRequest(transactionalID: nil, timeout: 0)))
    }

    @Test func idempotentProducersGetIDsOfABlock() throws {
        let test = TestTransactions { $0.producerIDBase = 5 << 40 }
        let waiters = (0..<3).map { _ in plain(test) }
        #expect(test.proposals.count == 1)
        #expect(test.answers.isEmpty)
        test.commit()
        let base: Int64 = 5 << 40
        #expect(
            try waiters.map { try test.producer($0).producer.number } == [base, base + 1, base + 2]
        )
        #expect(try test.producer(waiters[0]).epoch == ProducerEpoch(0))
        _ = plain(test)
        #expect(test.proposals.isEmpty)
    }

    @Test func noIDIsGivenTwice() throws {
        let test = TestTransactions()
        var seen: Set<ProducerID> = []
        for round in 0..<4 {
            for _ in 0..<1_500 {
                let waiter = plain(test)
                test.commit()
                #expect(seen.insert(try test.producer(waiter).producer).inserted)
            }
            if round % 2 == 0 { test.changeLeader() }
        }
    }

    @Test func aBlockThatTheLogRefusesIsAskedForAgain() throws {
        let test = TestTransactions()
        let early = plain(test)
        test.refuse(isApplied: true)
        #expect(try test.producer(early).error == .coordinatorNotAvailable)
        let late = plain(test)
        test.commit()
        #expect(try test.producer(late).producer == ProducerID(Limits.producersPerBlock))
    }

    @Test func aTransactionalIDKeepsItsProducerAndRaisesTheEpoch() throws {
        let test = TestTransactions()
        let first = try test.initProducer()
        let second = try test.initProducer()
        #expect(first.epoch == ProducerEpoch(0))
        #expect(second.producer == first.producer)
        #expect(second.epoch == ProducerEpoch(1))
        #expect(try test.add(test.identity(first)) == .producerFenced)
        #expect(try test.add(test.identity(second)) == nil)
    }

    @Test func whoTriesAgainGetsTheSameEpoch() throws {
        let test = TestTransactions()
        let first = try test.begun()
        let second = try test.initProducer(first)
        #expect(second.epoch == ProducerEpoch(1))
        #expect(try test.initProducer(first) == second)
        let newcomer = try test.initProducer()
        #expect(newcomer.epoch == ProducerEpoch(2))
        #expect(try test.initProducer(first).error == .producerFenced)
        #expect(try test.initProducer(test.identity(second)).error == .producerFenced)
    }

    @Test func anotherProducersIDIsFenced() throws {
        let test = TestTransactions()
        var identity = try test.begun()
        identity.producer = ProducerID(77)
        #expect(try test.initProducer(identity).error == .producerFenced)
    }

    @Test func whenEpochsAreUsedUpAnotherIDFollows() throws {
        let test = TestTransactions()
        let first = try test.initProducer()
        test.setEpoch(.max - 1)
        let next = try test.initProducer()
        #expect(next.producer != first.producer)
        #expect(next.epoch == ProducerEpoch(0))
    }

    @Test func whoDidNotHearOfAnotherIDIsTold() throws {
        let test = TestTransactions()
        var identity = try test.begun()
        test.setEpoch(.max - 1)
        identity.epoch = ProducerEpoch(.max - 1)
        let next = try test.initProducer(identity)
        #expect(next.producer != identity.producer)
        #expect(try test.initProducer(identity) == next)
    }

    @Test func anOpenTransactionIsAbortedFirst() throws {
        let test = TestTransactions()
        let former = try test.begun()
        #expect(try test.add(former) == nil)
        #expect(try test.initProducer().error == .concurrentTransactions)
        #expect(test.phase == .prepareAbort)
        let marker = try #require(test.markers.first)
        #expect(!marker.isCommitted)
        #expect(marker.identity.epoch == ProducerEpoch(1))
        #expect(marker.partitions == [TestTransactions.first])
        #expect(try test.initProducer().error == .concurrentTransactions)
        test.writeMarkers()
        test.commit()
        #expect(test.phase == .completeAbort)
        #expect(try test.initProducer().epoch == ProducerEpoch(2))
        #expect(try test.end(former).error == .producerFenced)
    }

    @Test func oneThingAtATime() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        let request = AddToTransactionRequest(
            identity: identity,
            partitions: [TestTransactions.first],
            raisesEpoch: true
        )
        let first = test.ask(.add(request))
        let second = test.ask(.add(request))
        #expect(test.answers[first] == nil)
        #expect(test.answers[second] == .add(.concurrentTransactions))
        let third = test.ask(
            .initProducer(InitProducerRequest(transactionalID: "x", timeout: 1_000))
        )
        #expect(try test.producer(third).error == .concurrentTransactions)
    }

    @Test(arguments: [(Int32(0), false), (-1, false), (1, true), (900_000, true), (900_001, false)])
    func timeoutsHaveBounds(timeout: Int32, isTaken: Bool) throws {
        let error = try TestTransactions().initProducer(timeout: timeout).error
        #expect(error == (isTaken ? nil : .invalidTransactionTimeout))
    }

    @Test func anEmptyTransactionalIDIsNone() throws {
        let test = TestTransactions()
        let waiter = test.ask(
            .initProducer(InitProducerRequest(transactionalID: .empty, timeout: 1_000))
        )
        #expect(try test.producer(waiter).error == .invalidRequest)
    }
}
