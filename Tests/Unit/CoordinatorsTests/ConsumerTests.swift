import Bytes
import Model
import Testing

@testable import Coordinators

/// KIP-848.
@Suite struct ConsumerTests {
    static let catalog = TopicCatalog(
        version: 1,
        [
            CatalogTopic(name: "t", id: "T", partitionCount: 4),
            CatalogTopic(name: "u", id: "U", partitionCount: 2),
        ]
    )

    static func places(_ topic: ByteSlice, _ partitions: [Int32]) -> [TopicPartition] {
        partitions.map { TopicPartition(topic: topic, partition: $0) }
    }

    private func beat(
        _ test: TestCoordinator,
        _ member: ByteSlice,
        _ epoch: Int32,
        owned: [TopicPartition]? = nil,
        instance: ByteSlice? = nil,
        topics: [ByteSlice]? = nil,
        assignor: ByteSlice? = nil,
        catalog: TopicCatalog = catalog
    ) throws -> ConsumerHeartbeatAnswer {
        let isJoining = epoch == ConsumerEpoch.joining
        let request = ConsumerHeartbeatRequest(
            group: "g",
            member: member,
            epoch: epoch,
            instance: instance,
            clientID: "client",
            clientHost: "/127.0.0.1",
            rebalanceTimeout: isJoining ? 30_000 : -1,
            subscription: topics ?? (isJoining ? ["t"] : nil),
            assignor: assignor,
            owned: owned ?? (isJoining ? [] : nil),
            catalog: catalog
        )
        let waiter = test.ask(.consumerHeartbeat(request))
        test.commit()
        guard case .consumerHeartbeat(let answer) = test.answers[waiter] else {
            throw TestCoordinator.Mismatch(answer: try #require(test.answers[waiter]))
        }
        return answer
    }

    /// Two members that share a topic of four partitions.
    private func pair(_ test: TestCoordinator) throws {
        let alone = try beat(test, "a", 0)
        #expect(alone.assignment == Self.places("T", [0, 1, 2, 3]))
        _ = try beat(test, "b", 0)
        let less = try beat(test, "a", 1, owned: Self.places("T", [0, 1, 2, 3]))
        let kept = try #require(less.assignment)
        #expect(try beat(test, "a", 1, owned: kept).epoch == 2)
        #expect(try beat(test, "b", 2).assignment?.count == 2)
    }

    @Test func whoIsAloneGetsEverything() throws {
        let test = TestCoordinator()
        let answer = try beat(test, "a", 0)
        #expect(answer.error == nil)
        #expect(answer.epoch == 1)
        #expect(answer.heartbeatInterval == 5_000)
        #expect(answer.assignment == Self.places("T", [0, 1, 2, 3]))
        #expect(try beat(test, "a", 1).assignment == nil)
        #expect(test.state.group("g")?.consumers?.member("a")?.epoch == 1)
    }

    @Test func nobodyGetsWhatAnotherHasNotLetGo() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0)
        let newcomer = try beat(test, "b", 0)
        #expect(newcomer.epoch == 2)
        #expect(newcomer.assignment == [])
        let asked = try beat(test, "a", 1, owned: Self.places("T", [0, 1, 2, 3]))
        #expect(asked.epoch == 1)
        #expect(asked.assignment?.count == 2)
        #expect(try beat(test, "b", 2).assignment == nil)
        // A heartbeat that does not say what it holds lets nothing go.
        #expect(try beat(test, "a", 1).epoch == 1)
        #expect(try beat(test, "b", 2).assignment == nil)
        let done = try beat(test, "a", 1, owned: asked.assignment)
        #expect(done.epoch == 2)
        let given = try #require(try beat(test, "b", 2).assignment)
        #expect(given.count == 2)
        #expect(Set(given).isDisjoint(with: try #require(asked.assignment)))
    }

    @Test func whoDoesNotLetGoInTimeIsOut() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0)
        _ = try beat(test, "b", 0)
        _ = try beat(test, "a", 1, owned: Self.places("T", [0, 1, 2, 3]))
        for _ in 0..<2 {
            test.pass(14_999)
            #expect(try beat(test, "a", 1).error == nil)
            #expect(try beat(test, "b", 2).assignment == nil)
        }
        test.pass(3)
        #expect(try beat(test, "a", 1).error == .unknownMemberID)
        let heir = try beat(test, "b", 2)
        #expect(heir.epoch == 3)
        #expect(heir.assignment?.count == 4)
    }

    @Test func whoIsNotHeardIsOut() throws {
        let test = TestCoordinator()
        try pair(test)
        test.pass(44_000)
        _ = try beat(test, "b", 2)
        test.pass(2_000)
        #expect(try beat(test, "a", 2).error == .unknownMemberID)
        #expect(try beat(test, "b", 2).assignment == Self.places("T", [0, 1, 2, 3]))
    }

    @Test func whoLeavesFreesItsPartitionsAtOnce() throws {
        let test = TestCoordinator()
        try pair(test)
        #expect(try beat(test, "a", -1).epoch == -1)
        #expect(try beat(test, "b", 2).assignment == Self.places("T", [0, 1, 2, 3]))
        _ = try beat(test, "b", -1)
        let waiter = test.ask(.describeConsumers(group: "g"))
        guard case .describeConsumers(let description) = test.answers[waiter] else {
            Issue.record("no answer")
            return
        }
        #expect(description.phase == .empty)
        #expect(test.state.group("g")?.emptySince != nil)
    }

    @Test func theWrongEpochIsFenced() throws {
        let test = TestCoordinator()
        try pair(test)
        #expect(try beat(test, "a", 5).error == .fencedMemberEpoch)
        #expect(try beat(test, "stranger", 2).error == .unknownMemberID)
        #expect(try beat(test, "b", 1).error == .fencedMemberEpoch)
        // It did not hear of epoch 2, and holds nothing that it must not.
        let behind = try beat(test, "a", 1, owned: [])
        #expect(behind.error == nil)
        #expect(behind.epoch == 2)
        #expect(behind.assignment?.count == 2)
        let holding = try beat(test, "a", 1, owned: Self.places("U", [0]))
        #expect(holding.error == .fencedMemberEpoch)
    }

    @Test func anAnswerWaitsForTheLog() throws {
        let test = TestCoordinator()
        let request = ConsumerHeartbeatRequest(
            group: "g",
            member: "a",
            epoch: 0,
            rebalanceTimeout: 30_000,
            subscription: ["t"],
            owned: [],
            catalog: Self.catalog
        )
        let first = test.ask(.consumerHeartbeat(request))
        var later = request
        later.epoch = 1
        later.subscription = nil
        let second = test.ask(.consumerHeartbeat(later))
        #expect(test.answers[first] == nil)
        #expect(test.answers[second] == nil)
        test.commit()
        #expect(test.answers[first] != nil)
        #expect(test.answers[second] != nil)
    }

    @Test func whatTheLogRefusesIsTriedAgain() throws {
        let test = TestCoordinator()
        try pair(test)
        let request = ConsumerHeartbeatRequest(
            group: "g",
            member: "c",
            epoch: 0,
            rebalanceTimeout: 30_000,
            subscription: ["t"],
            owned: [],
            catalog: Self.catalog
        )
        let waiter = test.ask(.consumerHeartbeat(request))
        test.refuse()
        guard case .consumerHeartbeat(let answer) = test.answers[waiter] else {
            Issue.record("no answer")
            return
        }
        #expect(answer.error == .coordinatorNotAvailable)
        #expect(try beat(test, "a", 2).error == nil)
        test.pass(46_000)
        #expect(try beat(test, "b", 2).error == .unknownMemberID)
    }

    @Test func theNextLeaderGoesOn() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0)
        _ = try beat(test, "b", 0)
        let asked = try beat(test, "a", 1, owned: Self.places("T", [0, 1, 2, 3]))
        test.changeLeader()
        #expect(try beat(test, "b", 2).assignment == nil)
        #expect(try beat(test, "a", 1, owned: asked.assignment).epoch == 2)
        #expect(try beat(test, "b", 2).assignment?.count == 2)
    }

    @Test func aTopicThatGrowsIsAssigned() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0)
        let grown = TopicCatalog(version: 2, [CatalogTopic(name: "t", id: "T", partitionCount: 6)])
        let answer = try beat(test, "a", 1, catalog: grown)
        #expect(answer.epoch == 2)
        #expect(answer.assignment == Self.places("T", [0, 1, 2, 3, 4, 5]))
    }

    @Test func anotherSubscriptionIsAnotherAssignment() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0)
        let asked = try beat(test, "a", 1, topics: ["u"])
        #expect(asked.assignment == [])
        let answer = try beat(test, "a", 1, owned: [])
        #expect(answer.assignment == Self.places("U", [0, 1]))
        #expect(answer.epoch == 2)
    }

    @Test func aStaticMemberComesBackToWhatItHad() throws {
        let test = TestCoordinator()
        _ = try beat(test, "a", 0, instance: "i")
        #expect(try beat(test, "a2", 0, instance: "i").error == .unreleasedInstanceID)
        #expect(try beat(test, "a", -2, instance: "i").epoch == -2)
        let back = try beat(test, "a2", 0, instance: "i")
        #expect(back.error == nil)
        #expect(back.assignment == Self.places("T", [0, 1, 2, 3]))
        #expect(back.epoch == 1)
        #expect(try beat(test, "a", 1, instance: "i").error == .fencedInstanceID)
        #expect(test.state.group("g")?.consumers?.memberIDs == ["a2"])
    }

    @Test func offsetsAreCommittedInTheRightEpochOnly() throws {
        let test = TestCoordinator()
        try pair(test)
        let waiter = test.commitOffset(5, by: "a", 2)
        test.commit()
        #expect(try test.committed(waiter) == nil)
        #expect(try test.committed(test.commitOffset(6, by: "a", 1)) == .staleMemberEpoch)
        #expect(try test.committed(test.commitOffset(6, by: "x", 2)) == .unknownMemberID)
        #expect(try test.committed(test.commitOffset(6)) == .unknownMemberID)
        let fetching = test.ask(
            .fetchOffsets(
                FetchOffsetsRequest(group: "g", places: nil, member: "a", epoch: 1)
            )
        )
        #expect(test.answers[fetching] == .fetchOffsets(.staleMemberEpoch, []))
    }

    @Test func aGroupIsOfOneProtocol() throws {
        let test = TestCoordinator()
        try pair(test)
        #expect(try test.joined(test.join()).error == .inconsistentGroupProtocol)
        _ = try beat(test, "a", -1)
        _ = try beat(test, "b", -1)
        let member = try test.joined(test.join()).member
        _ = test.sync(member, 1, [member: "x"])
        test.commit()
        #expect(test.state.group("g")?.consumers == nil)
        #expect(try beat(test, "a", 0).error == .inconsistentGroupProtocol)
        _ = test.ask(.leave(group: "g", [LeavingMember(member: member)]))
        test.commit()
        #expect(try beat(test, "a", 0).error == nil)
        #expect(test.state.group("g")?.record == nil)
    }

    @Test func theWrongOnesAreRefused() throws {
        let test = TestCoordinator()
        #expect(try beat(test, "a", 1).error == .groupIDNotFound)
        #expect(try beat(test, .empty, 0).error == .invalidRequest)
        #expect(try beat(test, "a", -2).error == .invalidRequest)
        #expect(try beat(test, "a", -3).error == .invalidRequest)
        #expect(try beat(test, "a", 0, owned: Self.places("T", [0])).error == .invalidRequest)
        #expect(try beat(test, "a", 0, assignor: "own").error == .unsupportedAssignor)
        #expect(try beat(test, "a", 0, assignor: "range").error == nil)
    }

    @Test func aGroupIsListedAndDescribed() throws {
        let test = TestCoordinator()
        try pair(test)
        let listing = test.ask(.list)
        let listed = ListedGroup(
            group: "g",
            protocolType: "consumer",
            phase: .consumer(.stable)
        )
        #expect(test.answers[listing] == .list([listed]))
        #expect(try test.describe().phase == .dead)
        let waiter = test.ask(.describeConsumers(group: "g"))
        guard case .describeConsumers(let description) = test.answers[waiter] else {
            Issue.record("no answer")
            return
        }
        #expect(description.phase == .stable)
        #expect(description.assignor == "uniform")
        #expect(description.epoch == 2)
        #expect(description.members.map(\.id) == ["a", "b"])
        let unknown = test.ask(.describeConsumers(group: "x"))
        guard case .describeConsumers(let missing) = test.answers[unknown] else {
            Issue.record("no answer")
            return
        }
        #expect(missing.error == .groupIDNotFound)
    }

    @Test func offsetsOfATopicInUseStay() throws {
        let test = TestCoordinator()
        try pair(test)
        let used = TopicPartition(topic: "t", partition: 0)
        let free = TopicPartition(topic: "u", partition: 0)
        let waiter = test.ask(.deleteOffsets(group: "g", [used, free]))
        test.commit()
        #expect(
            test.answers[waiter]
                == .deleteOffsets(
                    nil,
                    [
                        PartitionResult(place: used, error: .groupSubscribedToTopic),
                        PartitionResult(place: free, error: nil),
                    ]
                )
        )
        let deleting = test.ask(.deleteGroups(["g"]))
        #expect(
            test.answers[deleting]
                == .deleteGroups([GroupResult(group: "g", error: .nonEmptyGroup)])
        )
    }
}

@Suite struct AssignorTests {
    private func member(_ id: String, _ topics: [ByteSlice]) -> ConsumerMember {
        var member = ConsumerMember(id: ByteSlice(id))
        member.subscription = topics
        return member
    }

    private let topics = [
        CatalogTopic(name: "t", id: "T", partitionCount: 7),
        CatalogTopic(name: "u", id: "U", partitionCount: 7),
    ]

    @Test func rangesAreNeighbours() {
        let members = ["a", "b", "c"].map { member($0, ["t", "u"]) }
        let targets = Assignor.range.targets(for: members, of: topics)
        #expect(
            targets[0] == ConsumerTests.places("T", [0, 1, 2])
                + ConsumerTests.places("U", [0, 1, 2])
        )
        #expect(
            targets[2] == ConsumerTests.places("T", [5, 6]) + ConsumerTests.places("U", [5, 6])
        )
    }

    /// Each partition that somebody wants has one owner, who wants it; shares are as even as can be; and
    /// what stays possible stays.
    @Test(arguments: Assignor.allCases)
    func everythingIsAssignedOnce(_ assignor: Assignor) {
        var random = SplitMix(seed: 3)
        var members: [ConsumerMember] = []
        for round in 0..<300 {
            if round % 3 != 2 || members.isEmpty {
                let choices: [[ByteSlice]] = [["t"], ["t", "u"], ["u"]]
                let wants = round < 150 ? ["t", "u"] : choices[Int(random.next() % 3)]
                members.append(member("m\(round)", wants))
            } else {
                members.remove(at: Int(random.next() % UInt64(members.count)))
            }
            if members.count > 9 { members.removeFirst() }
            members.sort { $0.id < $1.id }
            let targets = assignor.targets(for: members, of: topics)
            let all = targets.flatMap(\.self)
            #expect(Set(all).count == all.count)
            for topic in topics
            where members.contains(where: { $0.subscription.contains(topic.name) }) {
                #expect(all.count { $0.topic == topic.id } == 7)
            }
            for (member, target) in zip(members, targets) {
                let wanted = topics.filter { member.subscription.contains($0.name) }.map(\.id)
                #expect(target.allSatisfy { wanted.contains($0.topic) })
                #expect(target == target.sorted())
            }
            if assignor == .uniform, round < 150 {
                let counts = targets.map(\.count)
                #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
            }
            for place in members.indices { members[place].target = targets[place] }
            #expect(assignor.targets(for: members, of: topics) == targets, "not at rest")
        }
    }

    @Test func uniformMovesAsLittleAsCanBe() {
        var members = ["a", "b"].map { member($0, ["t", "u"]) }
        let targets = Assignor.uniform.targets(for: members, of: topics)
        for place in members.indices { members[place].target = targets[place] }
        members.append(member("c", ["t", "u"]))
        let next = Assignor.uniform.targets(for: members, of: topics)
        #expect(next.map(\.count) == [5, 5, 4])
        for place in 0..<2 { #expect(Set(next[place]).isSubset(of: Set(targets[place]))) }
    }

    @Test func unevenWishesAreMadeAsEvenAsTheyCan() {
        let members = [member("a", ["t"]), member("b", ["t", "u"]), member("c", ["u"])]
        let counts = Assignor.uniform.targets(for: members, of: topics).map(\.count)
        #expect(counts.sorted() == [4, 5, 5])
    }
}
