import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct SyncTests {
    @Test func nobodyIsAssignedAnythingBeforeTheLogHasIt() throws {
        let test = TestCoordinator()
        let member = try test.joined(test.join()).member
        let waiter = test.sync(member, 1, [member: "all"])
        #expect(test.answers[waiter] == nil)
        #expect(try test.describe().phase == .completingRebalance)
        test.commit()
        #expect(try test.synced(waiter).assignment == "all")
        #expect(try test.describe().phase == .stable)
        let record = try #require(test.state.group("g")?.record)
        #expect(record.generation == GroupGeneration(1))
        #expect(record.members.map(\.assignment) == ["all"])
    }

    @Test func whomTheLeaderForgetsGetsNothing() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let newcomer = test.join()
        _ = test.join(leader)
        let follower = try test.joined(newcomer).member
        let waiting = test.sync(follower, 2)
        _ = test.sync(leader, 2, [leader: "all", "nobody": "x"])
        test.commit()
        #expect(try test.synced(waiting).assignment == .empty)
    }

    @Test func aLateMemberGetsItsAssignmentAtOnce() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        #expect(try test.synced(test.sync(members[1], 2)).assignment == members[1])
    }

    @Test func aRebalanceSendsWaitingMembersBack() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let newcomer = test.join()
        _ = test.join(leader)
        let waiting = test.sync(try test.joined(newcomer).member, 2)
        _ = test.join()
        #expect(try test.synced(waiting).error == .rebalanceInProgress)
        #expect(try test.synced(test.sync(leader, 2)).error == .rebalanceInProgress)
    }

    @Test func anAssignmentOfAnEarlierGenerationIsNotUsed() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let waiter = test.sync(leader, 1, [leader: "old"])
        let newcomer = test.join()
        #expect(try test.synced(waiter).error == .rebalanceInProgress)
        test.commit()
        #expect(try test.describe().phase == .preparingRebalance)
        _ = test.join(leader)
        #expect(try test.joined(newcomer).generation == GroupGeneration(2))
        let again = test.sync(leader, 2, [leader: "new"])
        test.commit()
        #expect(try test.synced(again).assignment == "new")
    }

    @Test func anAssignmentThatTheLogRefusesStartsOver() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let waiter = test.sync(leader, 1, [leader: "all"])
        test.refuse()
        #expect(try test.synced(waiter).error == .coordinatorNotAvailable)
        #expect(test.heartbeat(leader, 1) == .rebalanceInProgress)
        #expect(try test.joined(test.join(leader)).generation == GroupGeneration(2))
    }

    @Test func theWrongOnesAreRefused() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        #expect(try test.synced(test.sync("stranger", 2)).error == .unknownMemberID)
        #expect(try test.synced(test.sync(members[0], 1)).error == .illegalGeneration)
        var request = SyncRequest(identity: TestCoordinator.identity(members[0], 2))
        request.protocolName = "sticky"
        #expect(
            try test.synced(test.ask(.sync(request))).error == .inconsistentGroupProtocol
        )
        request.protocolName = nil
        request.protocolType = "connect"
        #expect(
            try test.synced(test.ask(.sync(request))).error == .inconsistentGroupProtocol
        )
        request.identity.group = "unknown"
        #expect(try test.synced(test.ask(.sync(request))).error == .unknownMemberID)
        request.identity.group = .empty
        #expect(try test.synced(test.ask(.sync(request))).error == .invalidGroupID)
    }

    @Test func whoDoesNotAskForItsAssignmentIsOut() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let newcomer = test.join()
        _ = test.join(leader)
        let follower = try test.joined(newcomer).member
        _ = test.sync(leader, 2, [leader: "a", follower: "b"])
        test.commit()
        for _ in 0..<20 {
            test.pass(3_000)
            _ = test.heartbeat(leader, 2)
            _ = test.heartbeat(follower, 2)
        }
        #expect(test.heartbeat(follower, 2) == .unknownMemberID)
        #expect(test.heartbeat(leader, 2) == .rebalanceInProgress)
    }

    @Test func aLeaderThatAsksTwiceAssignsOnce() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let first = test.sync(leader, 1, [leader: "a"])
        let second = test.sync(leader, 1, [leader: "b"])
        #expect(test.proposals.count == 1)
        #expect(try test.synced(first).error == .rebalanceInProgress)
        test.commit()
        #expect(try test.synced(second).assignment == "a")
    }
}

@Suite struct LivenessTests {
    @Test func whoIsNotHeardIsOut() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        test.pass(9_000)
        #expect(test.heartbeat(members[0], 2) == nil)
        test.pass(1_001)
        #expect(test.heartbeat(members[0], 2) == .rebalanceInProgress)
        #expect(test.heartbeat(members[1], 2) == .unknownMemberID)
    }

    @Test func aGroupThatNobodyIsHeardOfIsEmpty() throws {
        let test = TestCoordinator()
        _ = try test.stableGroup(3)
        test.pass(11_000)
        #expect(try test.describe().phase == .empty)
        let record = try #require(test.state.group("g")?.record)
        #expect(record.members.isEmpty)
        #expect(record.generation == GroupGeneration(4))
        #expect(test.state.group("g")?.emptySince != nil)
    }

    @Test func aHeartbeatOfAnotherGenerationIsRefused() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        #expect(test.heartbeat(members[0], 1) == .illegalGeneration)
        #expect(test.heartbeat(members[0], 3) == .illegalGeneration)
        #expect(test.heartbeat("stranger", 2) == .unknownMemberID)
    }

    @Test func whoLeavesIsGoneAtOnce() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let waiter = test.ask(
            .leave(group: "g", [LeavingMember(member: members[1]), LeavingMember(member: "x")])
        )
        #expect(
            test.answers[waiter]
                == .leave(
                    nil,
                    [
                        LeaveResult(member: members[1], instance: nil, error: nil),
                        LeaveResult(member: "x", instance: nil, error: .unknownMemberID),
                    ]
                )
        )
        #expect(test.heartbeat(members[0], 2) == .rebalanceInProgress)
        #expect(try test.joined(test.join(members[0])).members.map(\.member) == [members[0]])
    }

    @Test func theLastOneLeavesAnEmptyGroup() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        _ = test.ask(.leave(group: "g", [LeavingMember(member: members[0])]))
        test.commit()
        #expect(try test.describe().phase == .empty)
        #expect(try test.joined(test.join()).generation == GroupGeneration(3))
    }

    @Test func anEmptinessThatTheLogRefusesIsProposedAgain() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        _ = test.ask(.leave(group: "g", [LeavingMember(member: members[0])]))
        test.refuse()
        #expect(test.state.group("g")?.record?.members.count == 1)
        test.pass(1_000)
        #expect(test.state.group("g")?.record?.members.isEmpty == true)
    }

    @Test func whoJoinsBeforeTheEmptinessIsStoredIsInTheNextGeneration() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        _ = test.ask(.leave(group: "g", [LeavingMember(member: members[0])]))
        let joined = try test.joined(test.join())
        #expect(joined.generation == GroupGeneration(3))
        test.commit()
        #expect(test.heartbeat(joined.member, 3) == nil)
    }

    @Test func theNextLeaderGivesEverybodyASession() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        test.pass(9_000)
        test.changeLeader()
        test.pass(9_000)
        #expect(test.heartbeat(members[0], 2) == nil)
        #expect(test.heartbeat(members[1], 2) == nil)
        #expect(try test.synced(test.sync(members[1], 2)).assignment == members[1])
        let rejoined = test.join(members[0])
        _ = test.join(members[1])
        #expect(try test.joined(rejoined).generation == GroupGeneration(3))
        #expect(try test.joined(rejoined).leader == members[0])
    }

    @Test func whoWaitsForALeaderThatIsNoneAnyMoreLooksForTheNext() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let joining = test.join(members[0])
        let committing = test.commitOffset(5, by: members[1], 2)
        test.changeLeader()
        #expect(try test.joined(joining).error == .notCoordinator)
        #expect(try test.committed(committing) == .notCoordinator)
    }

    @Test func anOutcomeOfAFormerLeaderIsIgnored() throws {
        let test = TestCoordinator()
        _ = test.commitOffset(5)
        let ticket = try #require(test.proposals.first).ticket
        test.changeLeader()
        #expect(test.coordinator.committed(ticket, now: test.now).isEmpty)
        #expect(test.coordinator.refused(ticket, now: test.now).isEmpty)
    }
}
