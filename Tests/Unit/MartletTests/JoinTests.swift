import KeyspaceModel
import Model
import Testing

@testable import Martlet

/// How a node enters a running cluster.
@Suite struct JoinTests {
    private func joining(at peer: String = "10.0.0.4:2380") throws -> NodeConfiguration {
        var options = StartOptions(name: "n4", dataDirectory: "d")
        options.peer = peer
        options.join = "10.0.0.1:2379,http://10.0.0.2:2379/"
        return try options.clusterNode()
    }

    private let list = MemberListResponse(
        header: ResponseHeader(clusterID: 7),
        members: [
            Member(id: 1, name: "n1", peerURLs: ["http://10.0.0.1:2380"]),
            Member(id: 4, peerURLs: ["http://10.0.0.4:2380"], isLearner: true),
        ]
    )

    @Test func whomToAskIsReadAsClientsWriteIt() throws {
        let configuration = try joining()
        #expect(configuration.join.map(\.description) == ["10.0.0.1:2379", "10.0.0.2:2379"])
        #expect(configuration.firstPeers.isEmpty)
    }

    private func joining(
        through join: String,
        with files: [String]
    ) throws -> NodeConfiguration {
        var options = StartOptions(name: "n4", dataDirectory: "d")
        options.peer = "10.0.0.4:2380"
        options.join = join
        if !files.isEmpty {
            options.peerCertificate = files[0]
            options.peerKey = files[1]
            options.peerAuthority = files[2]
        }
        return try options.clusterNode()
    }

    @Test func itIsAskedByTLSWhereItsAddressesSaySo() throws {
        let configuration = try joining(
            through: "https://10.0.0.1:2379,https://[::1]:2379/",
            with: ["c", "k", "a"]
        )
        #expect(configuration.joinsByTLS)
        #expect(configuration.join.map(\.description) == ["10.0.0.1:2379", "[::1]:2379"])
        #expect(try !joining(through: "10.0.0.1:2379", with: ["c", "k", "a"]).joinsByTLS)
    }

    @Test(arguments: [
        ("https://a:1", [], "--join https://a:1 needs a certificate and an authority"),
        (
            "https://a:1,http://b:1", ["c", "k", "a"],
            "--join https://a:1,http://b:1 mixes TLS with plain text"
        ),
        ("https://a:1/b", ["c", "k", "a"], "'a:1/b' is not an address"),
    ])
    func whatCannotBeAskedByTLSIsRefused(_ join: String, files: [String], failure: String) {
        let complaint = #expect(throws: Complaint.self) {
            try joining(through: join, with: files)
        }
        #expect(complaint?.failure == failure)
    }

    @Test func aNodeIsTheMemberAtItsPeerAddress() throws {
        var configuration = try joining()
        let admission = try configuration.admission(from: list)
        #expect(admission.node == NodeID(4))
        #expect(admission.cluster == ClusterID(7))
        configuration.admission = admission
        #expect(configuration.id == NodeID(4))
        #expect(configuration.cluster == ClusterID(7))
        #expect(configuration.firstPeers.map(\.node) == [NodeID(1)])
        #expect(Admission.peers(from: admission.peersText) == admission.peers)
    }

    @Test func whoWasNotAddedIsToldHow() throws {
        let configuration = try joining(at: "10.0.0.9:2380")
        let complaint = #expect(throws: Complaint.self) {
            try configuration.admission(from: list)
        }
        #expect(complaint?.fix.hasPrefix("martlet cluster add 10.0.0.9:2380") == true)
    }

    @Test func aMemberThatHasStartedDoesNotStartWithAnEmptyDirectory() throws {
        let configuration = try joining(at: "10.0.0.1:2380")
        let complaint = #expect(throws: Complaint.self) {
            try configuration.admission(from: list)
        }
        #expect(complaint?.failure == "member 1 has started before, as 'n1'")
    }

    @Test func toJoinAndToFoundContradict() {
        var options = StartOptions(name: "n4", dataDirectory: "d", cluster: "n4=a:1")
        options.join = "b:1"
        options.peer = "a:1"
        let complaint = #expect(throws: Complaint.self) { try options.clusterNode() }
        #expect(complaint?.failure == "--join contradicts --cluster")
    }

    @Test func whoJoinsSaysWhereItIsReached() {
        var options = StartOptions(name: "n4", dataDirectory: "d")
        options.join = "b:1"
        let complaint = #expect(throws: Complaint.self) { try options.clusterNode() }
        #expect(complaint?.failure == "--peer is missing")
    }

    @Test func garbageAmongTheKnownPeersIsLeftOut() {
        #expect(Admission.peers(from: "x@a:1,1@,2@b:2,@c:3").map(\.node) == [NodeID(2)])
    }
}
