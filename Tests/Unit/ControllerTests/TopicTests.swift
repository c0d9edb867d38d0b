import Controller
import Model
import Testing

@Suite struct TopicTests {
    private func founded(_ voters: UInt64...) -> Controller {
        var controller = Controller()
        let members = voters.map {
            MemberRecord(id: NodeID($0), peerURLs: ["http://127.0.0.1:\(2380 + $0)"])
        }
        _ = controller.apply(.membersFounded(members))
        return controller
    }

    private func creation(
        _ name: String,
        partitions: Int = 1,
        replicas: Int = 1,
        id: UInt64 = 1
    ) -> TopicCreation {
        TopicCreation(
            name: name,
            id: TopicID(high: id, low: id),
            partitionCount: partitions,
            replicationFactor: replicas
        )
    }

    private func created(
        _ creation: TopicCreation,
        in controller: inout Controller
    ) -> TopicRecord? {
        guard case .topic(let topic, addedFrom: 0) = controller.apply(.topicCreated(creation))
        else {
            return nil
        }
        return topic
    }

    @Test func eachPartitionIsGivenAGroupOfItsOwnAndItsReplicas() throws {
        var controller = founded(1, 2, 3)
        let topic = try #require(
            created(creation("orders", partitions: 6, replicas: 2), in: &controller)
        )
        #expect(topic.partitions.map(\.group.number) == Array(1024...1029))
        #expect(topic.partitions.allSatisfy { Set($0.replicas).count == 2 })
        // Leaders and replicas are spread evenly.
        let leaders = topic.partitions.compactMap(\.founders.first)
        #expect(Set(leaders.map { leader in leaders.filter { $0 == leader }.count }) == [2])
        let holders = topic.partitions.flatMap(\.replicas)
        #expect(Set(holders.map { node in holders.filter { $0 == node }.count }) == [4])
    }

    @Test func aNameIsGivenOnceAndItsGroupsNeverAgain() {
        var controller = founded(1)
        let first = created(creation("orders"), in: &controller)
        #expect(
            controller.apply(.topicCreated(creation("orders", id: 2)))
                == .refused(.topicExists("orders"))
        )
        #expect(controller.apply(.topicDropped("orders")) == first.map { .topicDropped($0) })
        #expect(controller.apply(.topicDropped("orders")) == .refused(.topicNotFound("orders")))
        let second = created(creation("orders", id: 3), in: &controller)
        #expect(second?.partitions.first?.group == GroupID(1025))
        #expect(controller.image.hasGiven(GroupID(1024)))
    }

    @Test(arguments: ["", ".", "..", "a/b", "größe", String(repeating: "a", count: 250)])
    func badNamesAreRefused(name: String) {
        var controller = founded(1)
        #expect(
            controller.apply(.topicCreated(creation(name))) == .refused(.topicNameMalformed(name))
        )
    }

    @Test func moreReplicasThanMembersAreRefused() {
        var controller = founded(1, 2)
        #expect(
            controller.apply(.topicCreated(creation("a", replicas: 3)))
                == .refused(.tooFewMembers(2, wanted: 3))
        )
        #expect(
            controller.apply(.topicCreated(creation("a", replicas: 0)))
                == .refused(.tooFewMembers(2, wanted: 0))
        )
    }

    @Test func partitionCountsHaveBounds() {
        var controller = founded(1)
        let limit = Controller.partitionsOfTopicMax
        for count in [0, limit + 1] {
            #expect(
                controller.apply(.topicCreated(creation("a", partitions: count)))
                    == .refused(.partitionCountOutOfRange(limit: limit))
            )
        }
    }

    @Test func partitionsOnlyBecomeMore() throws {
        var controller = founded(1, 2, 3)
        _ = created(creation("orders", partitions: 2, replicas: 3), in: &controller)
        guard
            case .topic(let topic, addedFrom: 2) = controller.apply(
                .partitionsAdded(topic: "orders", count: 3)
            )
        else {
            Issue.record("no partition was added")
            return
        }
        #expect(topic.partitions.count == 3)
        #expect(topic.partitions[2].replicas.count == 3)
        #expect(
            controller.apply(.partitionsAdded(topic: "orders", count: 3))
                == .refused(.partitionsNotMore(3))
        )
    }

    @Test func settingsAreSetAndRemoved() {
        var controller = founded(1)
        _ = created(creation("orders"), in: &controller)
        _ = controller.apply(
            .topicConfigured(
                topic: "orders",
                settings: [
                    TopicSetting(name: "retention.ms", value: "1"),
                    TopicSetting(name: "max.message.bytes", value: "2"),
                ],
                removed: []
            )
        )
        #expect(controller.image.topic(named: "orders")?.setting("retention.ms") == "1")
        _ = controller.apply(
            .topicConfigured(
                topic: "orders",
                settings: [TopicSetting(name: "max.message.bytes", value: "3")],
                removed: ["retention.ms"]
            )
        )
        let topic = controller.image.topic(named: "orders")
        #expect(topic?.settings == [TopicSetting(name: "max.message.bytes", value: "3")])
    }

    @Test func aMemberThatGoesIsReplacedInWhatItHeld() {
        var controller = founded(1, 2, 3)
        _ = created(creation("orders", partitions: 3, replicas: 2), in: &controller)
        let founders = controller.image.topics.flatMap(\.partitions).map(\.founders)
        _ = controller.apply(.memberRemoved(NodeID(1)))
        let partitions = controller.image.topics.flatMap(\.partitions)
        #expect(partitions.allSatisfy { Set($0.replicas) == [NodeID(2), NodeID(3)] })
        #expect(partitions.map(\.founders) == founders)
    }

    @Test func coordinatorsAreFoundedOnce() {
        var controller = founded(1, 2, 3)
        guard case .coordinators(let groups) = controller.apply(.coordinatorsFounded) else {
            Issue.record("there are no coordinators")
            return
        }
        #expect(groups.count == Controller.coordinatorsMax)
        #expect(controller.apply(.coordinatorsFounded) == .unchanged)
    }

    @Test func brokersAreNumberedFromOneAndKeepTheirNumbers() {
        var controller = founded(1, 2)
        func register(_ id: UInt64, _ address: String) -> BrokerID? {
            let node = NodeRecord(
                id: NodeID(id),
                name: "n",
                peerAddress: "",
                clientURLs: [],
                kafkaAddress: address
            )
            guard case .node(let record) = controller.apply(.nodeRegistered(node)) else {
                return nil
            }
            return record.broker
        }
        #expect(register(2, "a:1") == BrokerID(1))
        #expect(register(1, "b:1") == BrokerID(2))
        #expect(register(2, "c:1") == BrokerID(1))
        #expect(register(2, "c:1") == nil)
    }
}
