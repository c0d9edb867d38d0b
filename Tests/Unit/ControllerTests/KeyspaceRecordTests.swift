import Controller
import Model
import Testing

@Suite struct KeyspaceRecordTests {
    private func founded(_ voters: UInt64...) -> Controller {
        var controller = Controller()
        _ = controller.apply(.keyspaceCreated(KeyspaceName.ofDefault))
        let members = voters.map {
            MemberRecord(id: NodeID($0), peerURLs: ["http://127.0.0.1:\(2380 + $0)"])
        }
        _ = controller.apply(.membersFounded(members))
        return controller
    }

    private func created(_ name: String, in controller: inout Controller) -> KeyspaceRecord? {
        guard case .keyspace(let keyspace) = controller.apply(.keyspaceCreated(name)) else {
            return nil
        }
        return keyspace
    }

    @Test func theDefaultKeyspaceHasItsGroupAndIsCreatedOnce() {
        var controller = Controller()
        let record = KeyspaceRecord(name: "default", group: .defaultKeyspace)
        #expect(controller.apply(.keyspaceCreated("default")) == .keyspace(record))
        #expect(controller.apply(.keyspaceCreated("default")) == .unchanged)
        #expect(controller.image.keyspaces == [record])
    }

    @Test func theDefaultKeyspaceIsNotDropped() {
        var controller = founded(1)
        #expect(controller.apply(.keyspaceDropped("default")) == .refused(.defaultKeyspaceStays))
    }

    @Test func eachKeyspaceIsGivenAGroupThatNoneEverHad() {
        var controller = founded(1, 2, 3)
        let first = created("orders", in: &controller)
        #expect(first?.group == GroupID(1024))
        #expect(controller.apply(.keyspaceDropped("orders")) == first.map { .keyspaceDropped($0) })
        #expect(controller.image.keyspace(named: "orders") == nil)
        #expect(created("orders", in: &controller)?.group == GroupID(1025))
        #expect(controller.image.hasGiven(GroupID(1024)))
        #expect(!controller.image.hasGiven(GroupID(1026)))
        #expect(!controller.image.hasGiven(.defaultKeyspace))
    }

    @Test func leadersAreSpreadOverTheVoters() {
        var controller = founded(1, 2, 3)
        var leaders: [UInt64] = []
        for number in 0..<6 {
            let keyspace = created("k\(number)", in: &controller)
            #expect(keyspace?.founders.sorted() == [NodeID(1), NodeID(2), NodeID(3)])
            leaders.append(keyspace?.founders.first?.number ?? 0)
        }
        #expect(leaders == [1, 2, 3, 1, 2, 3])
        _ = controller.apply(.keyspaceDropped("k1"))
        #expect(created("again", in: &controller)?.founders.first == NodeID(2))
    }

    @Test func aLearnerIsNoFounder() {
        var controller = founded(1, 2, 3)
        let learner = MemberRecord(
            id: NodeID(4),
            peerURLs: ["http://127.0.0.1:1"],
            isLearner: true
        )
        _ = controller.apply(.memberAdded(learner))
        #expect(created("orders", in: &controller)?.founders.count == 3)
    }

    @Test func aNameIsGivenOnce() {
        var controller = founded(1)
        guard let orders = created("orders", in: &controller) else {
            Issue.record("a sound name was refused")
            return
        }
        #expect(controller.apply(.keyspaceCreated("orders")) == .refused(.nameTaken(orders)))
        #expect(controller.apply(.keyspaceDropped("bills")) == .refused(.keyspaceNotFound("bills")))
    }

    @Test func aClusterThatIsNotFoundedHasNoOtherKeyspace() {
        var controller = Controller()
        #expect(controller.apply(.keyspaceCreated("orders")) == .refused(.notFounded))
    }

    @Test(arguments: [
        "", "-a", "a-", "Orders", "a.b", "a_b", "ä", String(repeating: "a", count: 64),
    ])
    func aNameIsALabel(name: String) {
        var controller = founded(1)
        #expect(controller.apply(.keyspaceCreated(name)) == .refused(.nameMalformed(name)))
    }

    @Test(arguments: ["a", "7", "team-7-orders", String(repeating: "a", count: 63)])
    func aLabelIsAName(name: String) {
        var controller = founded(1)
        #expect(created(name, in: &controller)?.name == name)
    }
}
