import Bytes
import Model
import Testing

@testable import Coordinators

/// KIP-345 and KIP-814.
@Suite struct StaticMemberTests {
    /// A stable group of a static leader and a static follower.
    private func group(_ test: TestCoordinator) throws -> [ByteSlice] {
        let leader = try test.joined(test.join(instance: "i1")).member
        let newcomer = test.join(instance: "i2")
        _ = test.join(leader, instance: "i1")
        let follower = try test.joined(newcomer).member
        let synced = test.sync(leader, 2, [leader: "a", follower: "b"])
        _ = test.sync(follower, 2)
        test.commit()
        #expect(try test.synced(synced).assignment == "a")
        return [leader, follower]
    }

    @Test func whoComesBackDisturbsNobody() throws {
        let test = TestCoordinator()
        let members = try group(test)
        let waiter = test.join(instance: "i2")
        #expect(test.answers[waiter] == nil)
        test.commit()
        let back = try test.joined(waiter)
        #expect(back.error == nil)
        #expect(back.member != members[1])
        #expect(back.generation == GroupGeneration(2))
        #expect(test.heartbeat(members[0], 2) == nil)
        #expect(try test.synced(test.sync(back.member, 2)).assignment == "b")
        #expect(test.state.group("g")?.record?.members.map(\.id) == [members[0], back.member])
    }

    @Test func theFormerSelfIsFenced() throws {
        let test = TestCoordinator()
        let members = try group(test)
        _ = test.join(instance: "i2")
        test.commit()
        let beat = test.ask(.heartbeat(TestCoordinator.identity(members[1], 2, instance: "i2")))
        #expect(test.answers[beat] == .heartbeat(.fencedInstanceID))
        let rejoined = try test.joined(test.join(members[1], instance: "i2"))
        #expect(rejoined.error == .fencedInstanceID)
        let commit = OffsetCommit(
            place: TopicPartition(topic: "t", partition: 0),
            offset: Offset(1)
        )
        let identity = TestCoordinator.identity(members[1], 2, instance: "i2")
        let committing = test.ask(
            .commitOffsets(CommitOffsetsRequest(identity: identity, commits: [commit]))
        )
        #expect(try test.committed(committing) == .fencedInstanceID)
    }

    @Test func aFormerSelfThatWaitsIsFenced() throws {
        let test = TestCoordinator()
        let members = try group(test)
        let former = test.join(members[1], instance: "i2", topics: ["u"])
        #expect(test.answers[former] == nil)
        let back = test.join(instance: "i2", topics: ["u"])
        #expect(try test.joined(former).error == .fencedInstanceID)
        _ = test.join(members[0], instance: "i1")
        #expect(try test.joined(back).generation == GroupGeneration(3))
    }

    @Test func aLeaderThatComesBackLeadsAndNeedNotAssign() throws {
        let test = TestCoordinator()
        let members = try group(test)
        let waiter = test.join(instance: "i1")
        test.commit()
        let back = try test.joined(waiter)
        #expect(back.leader == back.member)
        #expect(back.skipsAssignment)
        #expect(back.members.map(\.member) == [back.member, members[1]])
    }

    @Test func anOldClientThatComesBackIsNotToldThatItLeads() throws {
        let test = TestCoordinator()
        let members = try group(test)
        var request = test.joinRequest(instance: "i1")
        request.canSkipAssignment = false
        let waiter = test.ask(.join(request))
        test.commit()
        let back = try test.joined(waiter)
        #expect(back.leader == members[0])
        #expect(!back.skipsAssignment)
        #expect(back.members.isEmpty)
    }

    @Test func whoComesBackForOtherTopicsStartsARebalance() throws {
        let test = TestCoordinator()
        let members = try group(test)
        let waiter = test.join(instance: "i2", topics: ["u"])
        #expect(test.answers[waiter] == nil)
        #expect(test.heartbeat(members[0], 2) == .rebalanceInProgress)
        _ = test.join(members[0], instance: "i1")
        #expect(try test.joined(waiter).generation == GroupGeneration(3))
    }

    @Test func whatItOwnedBeforeIsNoOtherSubscription() throws {
        let test = TestCoordinator()
        _ = try group(test)
        var request = test.joinRequest(instance: "i2")
        request.protocols[0].metadata = TestCoordinator.subscription(["t"], owned: "nothing")
        let waiter = test.ask(.join(request))
        test.commit()
        #expect(try test.joined(waiter).generation == GroupGeneration(2))
    }

    @Test func aReturnThatTheLogRefusesIsTriedAgain() throws {
        let test = TestCoordinator()
        _ = try group(test)
        let waiter = test.join(instance: "i2")
        test.refuse()
        #expect(try test.joined(waiter).error == .coordinatorNotAvailable)
        let again = test.join(instance: "i2")
        test.commit()
        #expect(try test.joined(again).error == nil)
    }

    @Test func aRebalanceDoesNotThrowAStaticMemberOut() throws {
        let test = TestCoordinator()
        let leader = try group(test)[0]
        _ = test.heartbeat(leader, 2)
        var request = test.joinRequest(leader, instance: "i1")
        request.rebalanceTimeout = 5_000
        request.sessionTimeout = 1_000_000
        request.protocols[0].metadata = TestCoordinator.subscription(["u"])
        let waiter = test.ask(.join(request))
        test.pass(9_000)
        #expect(test.answers[waiter] == nil)
        test.pass(1_001)
        #expect(try test.joined(waiter).members.map(\.member) == [leader])
    }

    @Test func anAdministratorRemovesByInstance() throws {
        let test = TestCoordinator()
        let members = try group(test)
        let waiter = test.ask(
            .leave(
                group: "g",
                [
                    LeavingMember(member: .empty, instance: "i2"),
                    LeavingMember(member: .empty, instance: "i3"),
                ]
            )
        )
        guard case .leave(nil, let results) = test.answers[waiter] else {
            Issue.record("no answer to LeaveGroup")
            return
        }
        #expect(results.map(\.error) == [nil, .unknownMemberID])
        #expect(test.heartbeat(members[0], 2) == .rebalanceInProgress)
    }
}
