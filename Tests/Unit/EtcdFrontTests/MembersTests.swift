import Bytes
import Controller
import EtcdFront
import EtcdWire
import Groups
import HTTP2Wire
import KeyspaceModel
import Model
import Testing

/// The Cluster service's changes of members, with etcd's answers.
@Suite struct MembersTests {
    private let own = MemberRecord(id: NodeID(0x5eed), peerURLs: ["http://127.0.0.1:2380"])

    /// A client of a cluster of one that knows its members.
    private func client(alsoRegistered isRegistered: Bool = true) throws -> TestClient {
        let node = Node()
        node.shard.propose(.membersFounded([own]))
        if isRegistered {
            node.shard.propose(
                .nodeRegistered(
                    NodeRecord(id: own.id, name: "n1", peerAddress: "", clientURLs: ["http://a:1"])
                )
            )
        }
        node.turn()
        node.front.refreshCluster = { [weak node] in
            guard let node, let image = node.shard.metadata else { return }
            node.front.cluster = ClusterView(
                cluster: ClusterID(0xc1),
                members: image.members.map {
                    ClusterView.Member(
                        id: $0.id,
                        name: image.node($0.id)?.name ?? "",
                        peerURLs: $0.peerURLs,
                        clientURLs: [],
                        isLearner: $0.isLearner
                    )
                }
            )
        }
        return try TestClient(node)
    }

    @Test func aLearnerIsAddedListedAndRemoved() throws {
        let client = try client()
        let added: MemberAddResponse = try client.call(
            .memberAdd,
            MemberAddRequest(peerURLs: ["http://10.0.0.2:2380"], isLearner: true)
        )
        #expect(added.member?.isLearner == true)
        #expect(added.member?.name == "")
        #expect(added.members.count == 2)
        let id = added.member?.id ?? 0
        let list: MemberListResponse = try client.call(
            .memberList,
            MemberListRequest(linearizable: true)
        )
        #expect(list.members == added.members)
        let removed: MemberRemoveResponse = try client.call(
            .memberRemove,
            MemberRemoveRequest(id: id)
        )
        #expect(removed.members.map(\.id) == [own.id.number])
    }

    @Test func anAddressIsUpdated() throws {
        let client = try client()
        let updated: MemberUpdateResponse = try client.call(
            .memberUpdate,
            MemberUpdateRequest(id: own.id.number, peerURLs: ["http://b:2", "http://a:2"])
        )
        #expect(updated.members.first?.peerURLs == ["http://a:2", "http://b:2"])
    }

    @Test(arguments: [[], ["10.0.0.2:2380"], ["http://10.0.0.2"], ["http://10.0.0.2:1/path"]])
    func aMalformedURLIsRefused(urls: [String]) throws {
        let refusal = try client().refusal(.memberAdd, MemberAddRequest(peerURLs: urls))
        #expect(refusal.status == .invalidArgument)
        #expect(refusal.message == "etcdserver: given member URLs are invalid")
    }

    @Test func anotherLearnerOrATakenURLIsRefused() throws {
        let client = try client()
        let request = MemberAddRequest(peerURLs: ["http://10.0.0.2:2380"], isLearner: true)
        let _: MemberAddResponse = try client.call(.memberAdd, request)
        #expect(
            try client.refusal(.memberAdd, request).message
                == "etcdserver: Peer URLs already exists"
        )
        let third = MemberAddRequest(peerURLs: ["http://10.0.0.3:2380"], isLearner: true)
        #expect(
            try client.refusal(.memberAdd, third).message
                == "etcdserver: too many learner members in cluster"
        )
    }

    @Test func whoeverHasNotStartedIsNotPromoted() throws {
        let client = try client()
        let added: MemberAddResponse = try client.call(
            .memberAdd,
            MemberAddRequest(peerURLs: ["http://10.0.0.2:2380"], isLearner: true)
        )
        let refusal = try client.refusal(
            .memberPromote,
            MemberPromoteRequest(id: added.member?.id ?? 0)
        )
        #expect(refusal.status == .failedPrecondition)
        #expect(
            refusal.message
                == "etcdserver: can only promote a learner member which is in sync with leader"
        )
        #expect(
            try client.refusal(.memberPromote, MemberPromoteRequest(id: own.id.number)).message
                == "etcdserver: can only promote a learner member"
        )
    }

    @Test func theOnlyMemberStays() throws {
        let refusal = try client().refusal(
            .memberRemove,
            MemberRemoveRequest(id: own.id.number)
        )
        #expect(refusal.status == .unknown)
        #expect(
            refusal.message
                == "etcdserver: re-configuration failed due to not enough started members"
        )
    }

    @Test func aVoterIsNotAddedBeforeTheOthersHaveStarted() throws {
        let client = try client()
        let request = MemberAddRequest(peerURLs: ["http://10.0.0.2:2380"])
        let _: MemberAddResponse = try client.call(.memberAdd, request)
        let third = MemberAddRequest(peerURLs: ["http://10.0.0.3:2380"])
        #expect(try client.refusal(.memberAdd, third).status == .unknown)
    }

    @Test func nobodyIsAddedWhileAMemberCannotBeReached() throws {
        let client = try client()
        let request = MemberAddRequest(peerURLs: ["http://10.0.0.2:2380"])
        let _: MemberAddResponse = try client.call(.memberAdd, request)
        client.node.front.isConnected = { _ in false }
        let learner = MemberAddRequest(peerURLs: ["http://10.0.0.3:2380"], isLearner: true)
        let refusal = try client.refusal(.memberAdd, learner)
        #expect(refusal.status == .unavailable)
        #expect(refusal.message == "etcdserver: unhealthy cluster")
    }

    @Test func whoIsUnknownIsNotFound() throws {
        let client = try client()
        let url = "http://10.0.0.9:2380"
        for refusal in [
            try client.refusal(.memberRemove, MemberRemoveRequest(id: 9)),
            try client.refusal(.memberPromote, MemberPromoteRequest(id: 9)),
            try client.refusal(.memberUpdate, MemberUpdateRequest(id: 9, peerURLs: [url])),
        ] {
            #expect(refusal.status == .notFound)
            #expect(refusal.message == "etcdserver: member not found")
        }
    }

    @Test func aLearnerServesOnlyWhatNeedNotBeFresh() throws {
        let client = try client()
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        client.node.front.cluster = ClusterView(
            cluster: ClusterID(0xc1),
            members: [
                ClusterView.Member(
                    id: own.id,
                    name: "n1",
                    peerURLs: [],
                    clientURLs: [],
                    isLearner: true
                )
            ]
        )
        let stale: RangeResponse = try client.call(
            .range,
            RangeRequest(key: "a", serializable: true)
        )
        #expect(stale.kvs.first?.value == "1")
        let status: StatusResponse = try client.call(.status, StatusRequest())
        #expect(status.isLearner)
        for refusal in [
            try client.refusal(.range, RangeRequest(key: "a")),
            try client.refusal(.put, PutRequest(key: "a", value: "2")),
            try client.refusal(.memberList, MemberListRequest()),
        ] {
            #expect(refusal.status == .failedPrecondition)
            #expect(refusal.message == "etcdserver: rpc not supported for learner")
        }
    }
}

extension TestClient {
    /// What a call is refused with.
    fileprivate func refusal(
        _ method: EtcdMethod,
        _ request: some WireMessage
    ) throws -> Reply {
        let reply: Reply = try call(method, request)
        return reply
    }
}
