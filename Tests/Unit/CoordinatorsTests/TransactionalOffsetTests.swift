import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct TransactionalOffsetTests {
    private func send(
        _ test: TestCoordinator,
        _ offset: Int64,
        epoch: Int16 = 0,
        _ identity: MemberIdentity = TestCoordinator.identity(.empty, -1)
    ) throws -> CoordinatorError? {
        let commit = OffsetCommit(
            place: TopicPartition(topic: "t", partition: 0),
            offset: Offset(offset)
        )
        let waiter = test.ask(
            .commitInTransaction(
                TransactionalCommitRequest(
                    identity: identity,
                    offsets: OffsetsInTransaction(
                        producer: ProducerID(1),
                        epoch: ProducerEpoch(epoch),
                        commits: [commit]
                    )
                )
            )
        )
        test.commit()
        return try test.committed(waiter)
    }

    private func end(_ test: TestCoordinator, epoch: Int16 = 1, isCommitted: Bool) {
        let marker = OffsetsMarker(
            producer: ProducerID(1),
            epoch: ProducerEpoch(epoch),
            isCommitted: isCommitted
        )
        let waiter = test.ask(.endOffsets(group: "g", marker))
        test.commit()
        #expect(test.answers[waiter] == .endOffsets(nil))
    }

    private func stable(_ test: TestCoordinator) throws -> FetchedOffset {
        let waiter = test.ask(
            .fetchOffsets(
                FetchOffsetsRequest(
                    group: "g",
                    places: [TopicPartition(topic: "t", partition: 0)],
                    requiresStable: true
                )
            )
        )
        guard case .fetchOffsets(nil, let offsets) = test.answers[waiter] else {
            throw TestCoordinator.Mismatch(answer: try #require(test.answers[waiter]))
        }
        return try #require(offsets.first)
    }

    @Test func anOffsetHoldsOnceItsTransactionIsCommitted() throws {
        let test = TestCoordinator()
        #expect(try send(test, 5) == nil)
        #expect(try test.fetchOffset().offset == FetchedOffset.nothing)
        #expect(try stable(test).error == .unstableOffsetCommit)
        end(test, isCommitted: true)
        #expect(try test.fetchOffset().offset == Offset(5))
        #expect(try stable(test).error == nil)
    }

    @Test func anOffsetGoesWithItsTransaction() throws {
        let test = TestCoordinator()
        _ = try send(test, 5)
        end(test, isCommitted: false)
        #expect(try test.fetchOffset().offset == FetchedOffset.nothing)
        #expect(try stable(test).error == nil)
        #expect(test.state.group("g") == nil)
    }

    @Test func aPlainCommitThatCameLaterStays() throws {
        let test = TestCoordinator()
        _ = try send(test, 5)
        _ = test.commitOffset(9)
        test.commit()
        end(test, isCommitted: true)
        #expect(try test.fetchOffset().offset == Offset(9))
    }

    @Test func aPlainCommitThatCameBeforeGives() throws {
        let test = TestCoordinator()
        _ = test.commitOffset(9)
        test.commit()
        _ = try send(test, 5)
        end(test, isCommitted: true)
        #expect(try test.fetchOffset().offset == Offset(5))
    }

    @Test func whatComesAfterItsMarkerIsRefused() throws {
        let test = TestCoordinator()
        end(test, epoch: 3, isCommitted: false)
        #expect(try send(test, 5, epoch: 2) == .invalidProducerEpoch)
        #expect(try send(test, 5, epoch: 3) == nil)
        test.changeLeader()
        #expect(try send(test, 5, epoch: 2) == .invalidProducerEpoch)
    }

    @Test func whatWouldComeAfterAMarkerUnderWayIsRefused() throws {
        let test = TestCoordinator()
        let marker = OffsetsMarker(
            producer: ProducerID(1),
            epoch: ProducerEpoch(3),
            isCommitted: true
        )
        _ = test.ask(.endOffsets(group: "g", marker))
        #expect(try send(test, 5, epoch: 2) == .invalidProducerEpoch)
    }

    @Test func aMarkerOfAnEarlierTransactionDecidesNothing() throws {
        let test = TestCoordinator()
        _ = try send(test, 5, epoch: 4)
        end(test, epoch: 3, isCommitted: false)
        #expect(try stable(test).error == .unstableOffsetCommit)
        end(test, epoch: 5, isCommitted: true)
        #expect(try test.fetchOffset().offset == Offset(5))
    }

    @Test func theGenerationCountsInTransactionsToo() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        #expect(try send(test, 5, TestCoordinator.identity(members[0], 2)) == nil)
        #expect(
            try send(test, 5, TestCoordinator.identity(members[0], 1)) == .illegalGeneration
        )
        #expect(
            try send(test, 5, TestCoordinator.identity("stranger", 2)) == .unknownMemberID
        )
        // Older clients do not say who they are.
        #expect(try send(test, 5) == nil)
    }

    @Test func producersAreForgottenInTheEnd() throws {
        let test = TestCoordinator()
        end(test, epoch: 3, isCommitted: false)
        #expect(test.state.ended(ProducerID(1)) != nil)
        test.pass(86_400_000 + 700_000)
        #expect(test.state.ended(ProducerID(1)) == nil)
        #expect(try send(test, 5, epoch: 0) == nil)
    }

    @Test func offsetsInATransactionKeepTheGroup() throws {
        let test = TestCoordinator()
        _ = try send(test, 5)
        test.pass(8 * 86_400_000)
        #expect(test.state.group("g") != nil)
        end(test, isCommitted: false)
        #expect(test.state.group("g") == nil)
    }
}
