import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct TransactionTests {
    @Test func aCommitIsAnsweredOnceItIsDecided() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        #expect(try test.add(identity, [TestTransactions.second]) == nil)
        #expect(try test.add(identity, [TestTransactions.first], groups: ["g"]) == nil)
        let waiter = test.ask(
            .end(EndTransactionRequest(identity: identity, isCommitted: true, raisesEpoch: true))
        )
        #expect(test.answers[waiter] == nil)
        #expect(test.markers.isEmpty)
        test.commit()
        let answer = try test.producer(waiter)
        #expect(answer.error == nil)
        #expect(answer.producer == identity.producer)
        #expect(answer.epoch == ProducerEpoch(1))
        let marker = try #require(test.markers.first)
        #expect(marker.isCommitted)
        #expect(marker.raisesEpoch)
        #expect(marker.partitions == [TestTransactions.first, TestTransactions.second])
        #expect(marker.groups == ["g"])
        #expect(marker.identity.epoch == ProducerEpoch(1))
    }

    @Test func aTransactionIsCompleteOnceAllHaveHeard() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(
            identity,
            [TestTransactions.first, TestTransactions.second],
            groups: ["g"]
        )
        _ = try test.end(identity)
        let marker = try #require(test.markers.first)
        test.ask(.markersWritten(marker.identity, partitions: [TestTransactions.first], groups: []))
        test.ask(.markersWritten(marker.identity, partitions: [], groups: ["g"]))
        test.commit()
        #expect(test.phase == .prepareCommit)
        let next = test.identity(
            ProducerAnswer(producer: identity.producer, epoch: ProducerEpoch(1))
        )
        #expect(try test.add(next) == .concurrentTransactions)
        test.ask(
            .markersWritten(marker.identity, partitions: [TestTransactions.second], groups: [])
        )
        test.commit()
        #expect(test.phase == .completeCommit)
        #expect(try test.add(next) == nil)
        #expect(test.phase == .ongoing)
        #expect(test.state.transaction("x")?.partitions == [TestTransactions.first])
    }

    @Test func aLateMarkerOfAnEarlierTransactionIsNotCounted() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        let next = test.identity(try test.end(identity))
        let early = try #require(test.markers.first)
        test.writeMarkers()
        test.commit()
        _ = try test.add(next)
        _ = try test.end(next)
        test.ask(.markersWritten(early.identity, partitions: early.partitions, groups: []))
        test.commit()
        #expect(test.phase == .prepareCommit)
    }

    @Test func anEndThatIsRepeatedIsAnsweredAsBefore() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        let answer = try test.end(identity)
        #expect(try test.end(identity).error == .concurrentTransactions)
        #expect(try test.end(identity, isCommitted: false).error == .invalidTransactionState)
        test.writeMarkers()
        test.commit()
        #expect(try test.end(identity) == answer)
        #expect(try test.end(identity, isCommitted: false).error == .invalidTransactionState)
    }

    /// KAFKA-17754: a late EndTxn must not decide the transaction after its own.
    @Test func aLateEndDoesNotDecideTheNextTransaction() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        let next = test.identity(try test.end(identity))
        test.writeMarkers()
        test.commit()
        _ = try test.add(next)
        #expect(try test.end(identity, isCommitted: false).error == .invalidTransactionState)
        #expect(try test.end(identity).error == .invalidTransactionState)
        #expect(test.phase == .ongoing)
        _ = try test.end(next)
        test.writeMarkers()
        test.commit()
        #expect(try test.end(identity).error == .producerFenced)
    }

    @Test func anOldClientKeepsItsEpoch() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        for isCommitted in [true, false] {
            _ = try test.add(identity, raisesEpoch: false)
            let answer = try test.end(identity, isCommitted: isCommitted, raisesEpoch: false)
            #expect(answer == ProducerAnswer(producer: identity.producer, epoch: identity.epoch))
            test.writeMarkers()
            test.commit()
            let again = try test.end(identity, isCommitted: isCommitted, raisesEpoch: false)
            #expect(again.error == nil)
            let other = try test.end(identity, isCommitted: !isCommitted, raisesEpoch: false)
            #expect(other.error == .invalidTransactionState)
        }
    }

    @Test func anAbortOfNothingIsWellAndACommitIsNot() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        #expect(try test.end(identity).error == .invalidTransactionState)
        let aborted = try test.end(identity, isCommitted: false)
        #expect(aborted.epoch == ProducerEpoch(1))
        #expect(test.phase == .completeAbort)
        let again = try test.end(test.identity(aborted), isCommitted: false)
        #expect(again.epoch == ProducerEpoch(2))
    }

    @Test func anOldClientCannotAbortNothing() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        let answer = try test.end(identity, isCommitted: false, raisesEpoch: false)
        #expect(answer.error == .invalidTransactionState)
    }

    @Test func whenEpochsAreUsedUpTheEndBringsAnotherID() throws {
        let test = TestTransactions()
        var identity = try test.begun()
        test.setEpoch(.max - 1)
        identity.epoch = ProducerEpoch(.max - 1)
        _ = try test.add(identity)
        let answer = try test.end(identity)
        #expect(answer.producer != identity.producer)
        #expect(answer.epoch == ProducerEpoch(0))
        #expect(test.markers.first?.identity.producer == identity.producer)
        #expect(test.markers.first?.identity.epoch == ProducerEpoch(.max))
        test.writeMarkers()
        test.commit()
        #expect(try test.end(identity) == answer)
        #expect(try test.add(test.identity(answer)) == nil)
    }

    @Test func whatTakesTooLongIsAborted() throws {
        let test = TestTransactions()
        let identity = test.identity(try test.initProducer(timeout: 30_000))
        _ = try test.add(identity)
        test.pass(29_000)
        #expect(test.phase == .ongoing)
        test.pass(12_000)
        #expect(test.phase == .prepareAbort)
        #expect(test.markers.first?.isCommitted == false)
        test.writeMarkers()
        test.commit()
        #expect(try test.end(identity).error == .producerFenced)
        #expect(try test.add(identity) == .producerFenced)
    }

    @Test func theNextLeaderGoesOnWithWhatWasDecided() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        _ = try test.end(identity)
        test.changeLeader()
        #expect(test.markers.isEmpty)
        test.pass(1)
        #expect(test.markers.first?.isCommitted == true)
        test.writeMarkers()
        test.commit()
        #expect(test.phase == .completeCommit)
    }

    @Test func aStepOfUnknownFateThatWasTakenGoesOn() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        let waiter = test.ask(
            .end(EndTransactionRequest(identity: identity, isCommitted: true, raisesEpoch: true))
        )
        test.refuse(isApplied: true)
        #expect(try test.producer(waiter).error == .coordinatorNotAvailable)
        test.pass(2_000)
        #expect(test.markers.first?.isCommitted == true)
        #expect(try test.end(identity).error == .concurrentTransactions)
        test.writeMarkers()
        test.commit()
        #expect(try test.end(identity).epoch == ProducerEpoch(1))
    }

    @Test func aStepThatBuildsOnAnEarlierStateIsNotTaken() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        _ = test.ask(
            .end(EndTransactionRequest(identity: identity, isCommitted: true, raisesEpoch: true))
        )
        let late = test.proposals.removeFirst()
        test.take(test.coordinator.refused(late.ticket, now: test.now))
        let waiter = test.ask(
            .end(EndTransactionRequest(identity: identity, isCommitted: false, raisesEpoch: true))
        )
        test.apply(late.command)
        test.commit()
        #expect(try test.producer(waiter).error == .concurrentTransactions)
        #expect(test.phase == .prepareCommit)
        #expect(test.markers.map(\.isCommitted) == [true])
    }

    @Test func whoWaitsForALeaderThatIsNoneAnyMoreLooksForTheNext() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        let waiter = test.ask(
            .add(
                AddToTransactionRequest(
                    identity: identity,
                    partitions: [TestTransactions.first],
                    raisesEpoch: true
                )
            )
        )
        test.changeLeader()
        #expect(test.answers[waiter] == .add(.notCoordinator))
    }

    @Test func partitionsAreVerified() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        let places = [TestTransactions.first, TestTransactions.second]
        let waiter = test.ask(.verify(identity, places))
        #expect(
            test.answers[waiter]
                == .verify([
                    PartitionResult(place: places[0], error: nil),
                    PartitionResult(place: places[1], error: .transactionAbortable),
                ])
        )
        var stale = identity
        stale.epoch = .none
        let fenced = test.ask(.verify(stale, [places[0]]))
        #expect(
            test.answers[fenced]
                == .verify([PartitionResult(place: places[0], error: .producerFenced)])
        )
    }

    @Test func aTransactionHasSoManyPartitions() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        let many = (0...Int32(Limits.transactionPartitionsMax)).map {
            TopicPartition(topic: "t", partition: $0)
        }
        #expect(try test.add(identity, many) == .invalidRequest)
        #expect(try test.add(identity, Array(many.dropLast())) == nil)
    }

    @Test func transactionsAreListedAndDescribed() throws {
        let test = TestTransactions()
        let identity = try test.begun()
        _ = try test.add(identity)
        test.pass(5_000)
        let listed = ListedTransaction(
            transactionalID: "x",
            producer: identity.producer,
            phase: .ongoing
        )
        for (filter, expected) in [
            (TransactionFilter(), [listed]), (TransactionFilter(phases: [.ongoing]), [listed]),
            (TransactionFilter(phases: [.empty]), []),
            (TransactionFilter(producers: [ProducerID(999)]), []),
            (TransactionFilter(durationMin: 4_000), [listed]),
            (TransactionFilter(durationMin: 6_000), []),
        ] {
            let waiter = test.ask(.list(filter))
            #expect(test.answers[waiter] == .list(expected))
        }
        let waiter = test.ask(.describe(transactionalID: "x"))
        #expect(test.answers[waiter] == .describe(nil, test.state.transaction("x")))
        #expect(test.state.transaction("x")?.startedAt == 1_700_000_001_000)
        let unknown = test.ask(.describe(transactionalID: "y"))
        #expect(test.answers[unknown] == .describe(.transactionalIDNotFound, nil))
    }

    @Test func anUnusedIDIsForgotten() throws {
        let test = TestTransactions()
        _ = try test.begun()
        test.pass(7 * 86_400_000 - 10_000_000)
        #expect(test.state.transaction("x") != nil)
        test.pass(20_000_000)
        #expect(test.state.transaction("x") == nil)
        #expect(try test.initProducer().epoch == ProducerEpoch(0))
    }
}
