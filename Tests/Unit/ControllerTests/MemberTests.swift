import Controller
import Model
import Testing

/// Who belongs to the cluster, and etcd's rules for changing it.
@Suite struct MemberTests {
    private let one = NodeID(1)
    private let two = NodeID(2)
    private let three = NodeID(3)

    private func member(_ id: NodeID, isLearner: Bool = false) -> MemberRecord {
        MemberRecord(id: id, peerURLs: ["http://10.0.0.\(id):2380"], isLearner: isLearner)
    }

    private func founded() -> Controller {
        var controller = Controller()
        _ = controller.apply(.membersFounded([member(one), member(two)]))
        return controller
    }

    @Test func theFirstFoundingCounts() {
        var controller = founded()
        #expect(controller.image.votingMembers == [one, two])
        #expect(controller.apply(.membersFounded([member(three)])) == .unchanged)
        #expect(controller.image.votingMembers == [one, two])
    }

    @Test func nobodyIsAddedBeforeTheFounding() {
        var controller = Controller()
        #expect(controller.apply(.memberAdded(member(one))) == .refused(.notFounded))
    }

    @Test func aLearnerIsAddedAndPromoted() {
        var controller = founded()
        #expect(controller.apply(.memberAdded(member(three, isLearner: true))) == .members)
        #expect(controller.image.learningMembers == [three])
        #expect(controller.apply(.memberPromoted(three)) == .members)
        #expect(controller.image.votingMembers == [one, two, three])
        #expect(controller.apply(.memberPromoted(three)) == .refused(.notLearner(three)))
    }

    @Test func oneLearnerAtATime() {
        var controller = founded()
        _ = controller.apply(.memberAdded(member(three, isLearner: true)))
        let outcome = controller.apply(.memberAdded(member(NodeID(4), isLearner: true)))
        #expect(outcome == .refused(.tooManyLearners(limit: 1)))
    }

    @Test func aNumberIsNeverUsedAgain() {
        var controller = founded()
        _ = controller.apply(.memberRemoved(two))
        #expect(controller.image.isRemoved(two))
        #expect(controller.apply(.memberAdded(member(two))) == .refused(.memberExists(two)))
        #expect(controller.apply(.memberAdded(member(one))) == .refused(.memberExists(one)))
    }

    @Test func theLastVoterStays() {
        var controller = founded()
        _ = controller.apply(.memberRemoved(two))
        _ = controller.apply(.memberAdded(member(three, isLearner: true)))
        #expect(controller.apply(.memberRemoved(one)) == .refused(.lastVoter(one)))
        #expect(controller.apply(.memberRemoved(three)) == .members)
    }

    @Test func anAddressBelongsToOne() {
        var controller = founded()
        let url = "http://10.0.0.1:2380"
        let taken = MetadataDelta.refused(.peerURLTaken(url))
        #expect(controller.apply(.memberUpdated(two, peerURLs: [url])) == taken)
        #expect(controller.apply(.memberAdded(MemberRecord(id: three, peerURLs: [url]))) == taken)
        #expect(controller.apply(.memberUpdated(one, peerURLs: [url])) == .unchanged)
        #expect(controller.apply(.memberUpdated(two, peerURLs: ["http://b:1"])) == .members)
        #expect(controller.image.member(two)?.peerURLs == ["http://b:1"])
    }

    @Test func whoIsUnknownIsNotChanged() {
        var controller = founded()
        let unknown = MetadataDelta.refused(.memberNotFound(three))
        #expect(controller.apply(.memberRemoved(three)) == unknown)
        #expect(controller.apply(.memberPromoted(three)) == unknown)
        #expect(controller.apply(.memberUpdated(three, peerURLs: ["http://c:1"])) == unknown)
    }

    @Test func aRemovedNodeDoesNotRegisterAgain() {
        var controller = founded()
        let node = NodeRecord(id: two, name: "n2", peerAddress: "b:1", clientURLs: [])
        _ = controller.apply(.nodeRegistered(node))
        #expect(controller.image.hasStarted(two))
        _ = controller.apply(.memberRemoved(two))
        #expect(!controller.image.hasStarted(two))
        #expect(controller.apply(.nodeRegistered(node)) == .refused(.memberNotFound(two)))
    }

    @Test func onlySoManyFormerMembersAreRemembered() {
        var controller = founded()
        let count = UInt64(Controller.removedMembersMax) + 1
        for number in 10..<(10 + count) {
            _ = controller.apply(.memberAdded(MemberRecord(id: NodeID(number), peerURLs: [])))
            _ = controller.apply(.memberRemoved(NodeID(number)))
        }
        #expect(controller.image.removed.count == Controller.removedMembersMax)
        #expect(!controller.image.isRemoved(NodeID(10)))
    }

    @Test(arguments: [
        ("http://10.0.0.1:2380", "10.0.0.1", 2380), ("https://[::1]:1", "::1", 1),
        ("http://node-1.example:65535", "node-1.example", 65535),
    ])
    func aPeerURLIsRead(text: String, host: String, port: Int) {
        #expect(PeerURL(text)?.host == host)
        #expect(PeerURL(text)?.port == port)
    }

    @Test(arguments: [
        "10.0.0.1:2380", "http://10.0.0.1", "http://a:0", "http://a:65536", "http://a:1/",
        "http://:1",
        "unix://a:1", "http://a:+1", "http://u@a:1", "http://a:1?b", "",
    ])
    func whatIsNoPeerURLIsRefused(text: String) {
        #expect(PeerURL(text) == nil)
    }
}
