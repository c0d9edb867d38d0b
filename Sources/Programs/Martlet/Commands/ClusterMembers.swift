import ArgumentParser
import Client
import Controller
import EtcdWire
import KeyspaceModel

// Members that come and go. Each command asks the cluster and says what is to be done next.

extension Cluster {
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a member, which is then started with --join."
        )

        @Argument(help: "Where the other nodes will reach it: HOST:PORT, or a URL.")
        var peer: String

        @Flag(help: "It gets everything and has no vote until it is promoted.")
        var learner = false

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            let url = try Output.usage { () throws(Complaint) in try MemberName.url(of: peer) }
            try await endpoints.withClient { client in
                let member = try await client.addMember(url, learner: learner)
                print("added \(learner ? "learner" : "member") \(member.hex) at \(url)")
                print(MemberName.start(at: url, endpoints.endpoints))
            }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a learner that has caught up a vote."
        )

        @Argument(help: "The learner's name, or its number as 'cluster status' shows it.")
        var member: String

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let found = try await client.member(member)
                try await client.promoteMember(found)
                print("promoted \(found.label)")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a member for good; its node stops."
        )

        @Argument(help: "The member's name, or its number as 'cluster status' shows it.")
        var member: String

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let found = try await client.member(member)
                try await client.removeMember(found)
                print("removed \(found.label)")
            }
        }
    }

    struct TransferLeader: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "transfer-leader",
            abstract: "Have another member lead the keyspace."
        )

        @Argument(help: "The member's name, or its number as 'cluster status' shows it.")
        var member: String

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let members = try await client.memberList().members
                let target = try members.named(member)
                let status: StatusResponse = try await client.call(.status, StatusRequest())
                guard status.leader != target.id else {
                    return print("\(target.label) leads already")
                }
                // Only the leader hands over.
                guard let leader = members.first(where: { $0.id == status.leader }),
                    let endpoint = Cluster.endpoint(of: leader)
                else {
                    throw Complaint(
                        failure: "there is no leader that could hand over",
                        cause: "an election is under way, or no majority is up",
                        fix: "martlet cluster status --endpoints \(endpoints.endpoints)"
                    )
                }
                let _: MoveLeaderResponse = try await EtcdClient.withConnection(
                    to: [endpoint],
                    keyspace: endpoints.keyspace,
                    timeoutSeconds: Int64(endpoints.timeout)
                ) { try await $0.call(.moveLeader, MoveLeaderRequest(targetID: target.id)) }
                print("\(target.label) leads")
            }
        }
    }
}

/// How members are named on the command line.
enum MemberName {
    static func url(of peer: String) throws(Complaint) -> String {
        let url = peer.contains("://") ? peer : "http://\(peer)"
        guard PeerURL(url) != nil else { throw Address.complaint(peer, option: "the peer address") }
        return url
    }

    /// What is to be typed where the new node is to run.
    static func start(at url: String, _ endpoints: String) -> String {
        let peer = url.split(separator: "/").last.map(String.init) ?? url
        return
            "start it:  martlet start --name NAME --data-dir DIR --etcd HOST:PORT --peer \(peer) "
            + "--join \(endpoints)"
    }
}

extension Member {
    var hex: String { String(id, radix: 16) }

    var label: String { name.isEmpty ? "member \(hex)" : "\(name) (\(hex))" }
}

extension [Member] {
    /// The member of that name or number.
    func named(_ name: String) throws(Complaint) -> Member {
        let byName = filter { $0.name == name }
        if byName.count == 1 { return byName[0] }
        if let member = first(where: { $0.hex == name.lowercased() }) { return member }
        throw Complaint(
            failure: "there is no member '\(name)'",
            cause: "the members are \(map(\.label).joined(separator: ", "))",
            fix: "martlet cluster status"
        )
    }
}

extension EtcdClient {
    /// As a majority knows it.
    func memberList() async throws(ClientError) -> MemberListResponse {
        try await call(.memberList, MemberListRequest(linearizable: true))
    }

    /// The member of that name or number.
    func member(_ name: String) async throws -> Member {
        try await memberList().members.named(name)
    }

    func addMember(_ url: String, learner isLearner: Bool) async throws(ClientError) -> Member {
        let response: MemberAddResponse = try await call(
            .memberAdd,
            MemberAddRequest(peerURLs: [url], isLearner: isLearner)
        )
        guard let member = response.member else {
            throw .malformedAnswer("an added member that is not named")
        }
        return member
    }

    func promoteMember(_ member: Member) async throws(ClientError) {
        let _: MemberPromoteResponse = try await call(
            .memberPromote,
            MemberPromoteRequest(id: member.id)
        )
    }

    func removeMember(_ member: Member) async throws(ClientError) {
        let _: MemberRemoveResponse = try await call(
            .memberRemove,
            MemberRemoveRequest(id: member.id)
        )
    }
}
