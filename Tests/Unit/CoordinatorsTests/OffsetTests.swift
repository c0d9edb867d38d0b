import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct OffsetTests {
    @Test func aCommitIsAnsweredOnceTheLogHasIt() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        let waiter = test.commitOffset(42, by: members[0], 1)
        #expect(test.answers[waiter] == nil)
        #expect(try test.fetchOffset().offset == Offset(-1))
        test.commit()
        #expect(try test.committed(waiter) == nil)
        let fetched = try test.fetchOffset()
        #expect(fetched.offset == Offset(42))
        #expect(fetched.leaderEpoch == LeaderEpoch(7))
        #expect(fetched.metadata == "note")
    }

    @Test func aCommitThatTheLogRefusesIsTriedAgain() throws {
        let test = TestCoordinator()
        let waiter = test.commitOffset(42)
        test.refuse()
        #expect(try test.committed(waiter) == .coordinatorNotAvailable)
        #expect(try test.fetchOffset().offset == Offset(-1))
    }

    @Test func whoAssignsItselfCommitsToAGroupWithoutMembers() throws {
        let test = TestCoordinator()
        let waiter = test.commitOffset(3)
        test.commit()
        #expect(try test.committed(waiter) == nil)
        #expect(try test.describe().phase == .empty)
        _ = try test.stableGroup(1)
        #expect(try test.committed(test.commitOffset(4)) == .unknownMemberID)
    }

    @Test func onlyWhoIsOfThisGenerationCommits() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        #expect(try test.committed(test.commitOffset(1, by: members[0], 1)) == .illegalGeneration)
        #expect(try test.committed(test.commitOffset(1, by: "stranger", 2)) == .unknownMemberID)
        var request = CommitOffsetsRequest(
            identity: TestCoordinator.identity("m", 1),
            commits: [
                OffsetCommit(place: TopicPartition(topic: "t", partition: 0), offset: Offset(1))
            ]
        )
        request.identity.group = "unknown"
        #expect(try test.committed(test.ask(.commitOffsets(request))) == .illegalGeneration)
        #expect(test.proposals.isEmpty)
    }

    @Test func aCommitDuringARebalanceIsTaken() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let leader = test.join(members[0])
        let waiter = test.commitOffset(8, by: members[1], 2)
        test.commit()
        #expect(try test.committed(waiter) == nil)
        _ = test.join(members[1])
        #expect(try test.joined(leader).generation == GroupGeneration(3))
        #expect(
            try test.committed(test.commitOffset(9, by: members[1], 3)) == .rebalanceInProgress
        )
        #expect(try test.committed(test.commitOffset(9, by: members[1], 2)) == .illegalGeneration)
    }

    @Test func aCommitShowsThatAMemberLives() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        for offset in 0..<10 {
            test.pass(5_000)
            _ = test.commitOffset(Int64(offset), by: members[0], 1)
            test.commit()
        }
        #expect(test.heartbeat(members[0], 1) == nil)
    }

    @Test func whatIsSaidBesideAnOffsetHasALimit() throws {
        let test = TestCoordinator()
        let long = ByteSlice([UInt8](repeating: 65, count: Limits.offsetMetadataBytesMax))
        let waiter = test.commitOffset(1, metadata: long)
        test.commit()
        #expect(try test.committed(waiter) == nil)
        #expect(try test.fetchOffset().metadata == long)
        let longer = ByteSlice([UInt8](repeating: 65, count: Limits.offsetMetadataBytesMax + 1))
        #expect(
            try test.committed(test.commitOffset(2, metadata: longer)) == .offsetMetadataTooLarge
        )
        #expect(try test.fetchOffset().offset == Offset(1))
    }

    @Test func allOffsetsComeSorted() throws {
        let test = TestCoordinator()
        for partition in [3, 1, 2] as [Int32] { _ = test.commitOffset(5, partition: partition) }
        test.commit()
        let waiter = test.ask(.fetchOffsets(FetchOffsetsRequest(group: "g", places: nil)))
        guard case .fetchOffsets(nil, let offsets) = test.answers[waiter] else {
            Issue.record("no answer to OffsetFetch")
            return
        }
        #expect(offsets.map(\.place.partition) == [1, 2, 3])
    }

    @Test func offsetsExpireSevenDaysAfterTheGroupIsEmpty() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        _ = test.commitOffset(5, by: members[0], 1)
        test.commit()
        let days: Int64 = 86_400_000
        for _ in 0..<100 {
            test.pass(5_000)
            _ = test.heartbeat(members[0], 1)
        }
        _ = test.ask(.leave(group: "g", [LeavingMember(member: members[0])]))
        test.commit()
        test.pass(7 * days - 1_000_000)
        #expect(try test.fetchOffset().offset == Offset(5))
        test.pass(2_000_000)
        #expect(try test.fetchOffset().offset == Offset(-1))
        #expect(test.state.group("g") == nil)
    }

    @Test func offsetsOfALivingGroupStay() throws {
        let test = TestCoordinator {
            $0.offsetsRetention = 20_000; $0.offsetsCheckInterval = 1_000
        }
        let members = try test.stableGroup(1)
        _ = test.commitOffset(5, by: members[0], 1)
        test.commit()
        for _ in 0..<20 {
            test.pass(5_000)
            _ = test.heartbeat(members[0], 1)
        }
        #expect(try test.fetchOffset().offset == Offset(5))
    }

    @Test func anOffsetThatIsCommittedAnewDoesNotExpire() throws {
        let test = TestCoordinator {
            $0.offsetsRetention = 20_000; $0.offsetsCheckInterval = 1_000
        }
        _ = test.commitOffset(5)
        _ = test.commitOffset(6, partition: 1)
        test.commit()
        test.pass(19_000)
        _ = test.commitOffset(7)
        test.commit()
        test.pass(2_000)
        #expect(try test.fetchOffset().offset == Offset(7))
        #expect(try test.fetchOffset(1).offset == Offset(-1))
    }

    @Test func anExpiryThatComesLateLeavesWhatIsNew() {
        var state = CoordinatorState()
        let place = TopicPartition(topic: "t", partition: 0)
        let commit = OffsetCommit(place: place, offset: Offset(1))
        state.apply(.commitOffsets(group: "g", [commit]), at: GroupTime(0))
        state.apply(.commitOffsets(group: "g", [commit]), at: GroupTime(95))
        state.apply(.expireOffsets(group: "g", [place], retention: 100), at: GroupTime(100))
        #expect(state.group("g")?.offsets.count == 1)
        state.apply(.expireOffsets(group: "g", [place], retention: 100), at: GroupTime(195))
        #expect(state.group("g") == nil)
    }
}

@Suite struct GroupAdministrationTests {
    @Test func aStableGroupIsDescribed() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let description = try test.describe()
        #expect(description.phase == .stable)
        #expect(description.protocolType == "consumer")
        #expect(description.protocolName == "range")
        #expect(description.members.map(\.member) == members)
        #expect(description.members.map(\.assignment) == members)
        #expect(description.members[0].metadata == TestCoordinator.subscription(["t"]))
        #expect(description.members[0].clientHost == "/127.0.0.1")
    }

    @Test func whatIsUnknownIsDead() throws {
        let test = TestCoordinator()
        let description = try test.describe("unknown")
        #expect(description.phase == .dead)
        #expect(description.error == .groupIDNotFound)
    }

    @Test func groupsAreListedByName() throws {
        let test = TestCoordinator()
        _ = try test.stableGroup(1)
        for group in ["z", "a"] as [ByteSlice] {
            var identity = TestCoordinator.identity(.empty, -1)
            identity.group = group
            let commit = OffsetCommit(
                place: TopicPartition(topic: "t", partition: 0),
                offset: Offset(1)
            )
            _ = test.ask(
                .commitOffsets(CommitOffsetsRequest(identity: identity, commits: [commit]))
            )
        }
        test.commit()
        var forming = test.joinRequest()
        forming.group = "b"
        _ = test.ask(.join(forming))
        let waiter = test.ask(.list)
        guard case .list(let groups) = test.answers[waiter] else {
            Issue.record("no answer to ListGroups")
            return
        }
        #expect(groups.map(\.group) == ["a", "b", "g", "z"])
        #expect(
            groups.map(\.phase) == [
                .classic(.empty), .classic(.completingRebalance), .classic(.stable),
                .classic(.empty),
            ]
        )
    }

    @Test func onlyGroupsWithoutMembersAreDeleted() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        let early = test.ask(.deleteGroups(["g", "unknown"]))
        #expect(
            test.answers[early]
                == .deleteGroups([
                    GroupResult(group: "g", error: .nonEmptyGroup),
                    GroupResult(group: "unknown", error: .groupIDNotFound),
                ])
        )
        _ = test.ask(.leave(group: "g", [LeavingMember(member: members[0])]))
        test.commit()
        let waiter = test.ask(.deleteGroups(["g", "g"]))
        #expect(test.answers[waiter] == nil)
        #expect(try test.joined(test.join()).error == .coordinatorNotAvailable)
        test.commit()
        #expect(
            test.answers[waiter]
                == .deleteGroups([
                    GroupResult(group: "g", error: nil), GroupResult(group: "g", error: nil),
                ])
        )
        #expect(test.state.group("g") == nil)
        #expect(try test.joined(test.join()).generation == GroupGeneration(1))
    }

    @Test func aDeletionThatTheLogRefusesLeavesTheGroup() throws {
        let test = TestCoordinator()
        _ = test.commitOffset(1)
        test.commit()
        let waiter = test.ask(.deleteGroups(["g"]))
        test.refuse()
        #expect(
            test.answers[waiter]
                == .deleteGroups([GroupResult(group: "g", error: .coordinatorNotAvailable)])
        )
        #expect(try test.fetchOffset().offset == Offset(1))
        #expect(try test.joined(test.join()).error == nil)
    }

    @Test func offsetsOfATopicInUseStay() throws {
        let test = TestCoordinator()
        _ = test.commitOffset(1)
        test.commit()
        _ = try test.stableGroup(1)
        let other = TopicPartition(topic: "u", partition: 0)
        let used = TopicPartition(topic: "t", partition: 0)
        let waiter = test.ask(.deleteOffsets(group: "g", [used, other]))
        test.commit()
        #expect(
            test.answers[waiter]
                == .deleteOffsets(
                    nil,
                    [
                        PartitionResult(place: used, error: .groupSubscribedToTopic),
                        PartitionResult(place: other, error: nil),
                    ]
                )
        )
        #expect(try test.fetchOffset().offset == Offset(1))
        test.pass(11_000)
        let later = test.ask(.deleteOffsets(group: "g", [used]))
        test.commit()
        #expect(
            test.answers[later]
                == .deleteOffsets(nil, [PartitionResult(place: used, error: nil)])
        )
        #expect(try test.fetchOffset().offset == Offset(-1))
        let unknown = test.ask(.deleteOffsets(group: "unknown", [used]))
        #expect(test.answers[unknown] == .deleteOffsets(.groupIDNotFound, []))
    }

    @Test func aTopicThatIsNoMoreTakesItsOffsetsAlong() throws {
        let test = TestCoordinator()
        _ = test.commitOffset(1)
        _ = test.commitOffset(2, partition: 1)
        test.commit()
        let waiter = test.ask(.forgetTopics(["t", "u"]))
        test.commit()
        #expect(test.answers[waiter] == .forgetTopics)
        #expect(test.state.group("g") == nil)
    }

    @Test func aSubscriptionIsReadOrNot() {
        let subscription = TestCoordinator.subscription(["b", "a"])
        #expect(ConsumerSubscription.topics(in: subscription) == ["a", "b"])
        #expect(ConsumerSubscription.topics(in: .empty) == nil)
        for count in 0..<subscription.count {
            #expect(ConsumerSubscription.topics(in: subscription[0..<count]) == nil)
        }
        let garbage = ByteSlice([0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff])
        #expect(ConsumerSubscription.topics(in: garbage) == nil)
    }
}
