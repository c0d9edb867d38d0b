import ArgumentParser
import Client
import EtcdWire
import KeyspaceModel

struct Cluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See the cluster, and change who belongs to it.",
        subcommands: [
            Status.self, Add.self, Promote.self, Remove.self, Replace.self, TransferLeader.self,
        ]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Each node: who leads, how far it is."
        )

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            var members: [Member] = []
            try await endpoints.withClient { client in
                let response: MemberListResponse = try await client.call(
                    .memberList,
                    MemberListRequest()
                )
                members = response.members
            }
            var rows = [
                ["NODE", "ID", "ENDPOINT", "ROLE", "TERM", "APPLIED", "REVISION", "VERSION"]
            ]
            var isHealthy = true
            for member in members {
                let row = await row(of: member)
                isHealthy = isHealthy && row != nil
                rows.append(row ?? unreachable(member))
            }
            Table.show(rows)
            if !isHealthy { throw ExitCode(2) }
        }

        private func row(of member: Member) async -> [String]? {
            guard let endpoint = Cluster.endpoint(of: member) else { return nil }
            let status: StatusResponse? = try? await EtcdClient.withConnection(
                to: [endpoint],
                keyspace: endpoints.keyspace,
                timeoutSeconds: Int64(endpoints.timeout)
            ) { try await $0.call(.status, StatusRequest()) }
            guard let status else { return nil }
            let role =
                status.isLearner
                ? "learner"
                : status.leader == member.id
                    ? "leader" : status.leader == 0 ? "no leader" : "follower"
            return [
                member.name, String(member.id, radix: 16), "\(endpoint.host):\(endpoint.port)",
                role,
                "\(status.raftTerm)", "\(status.raftAppliedIndex)",
                "\(status.header?.revision ?? 0)", status.version,
            ]
        }

        private func unreachable(_ member: Member) -> [String] {
            [
                member.name.isEmpty ? "-" : member.name, member.hex, member.clientURLs.first ?? "-",
                member.name.isEmpty ? "not started" : "unreachable", "-", "-", "-", "-",
            ]
        }
    }

    static func endpoint(of member: Member) -> Endpoint? {
        guard let url = member.clientURLs.first,
            let host = url.split(separator: "/").last,
            let address = Address(String(host))
        else { return nil }
        return Endpoint(host: address.host, port: address.port)
    }
}

/// Columns, aligned.
enum Table {
    static func show(_ rows: [[String]]) {
        guard let columns = rows.first?.count else { return }
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let line = cells.joined(separator: "  ")
            print(String(line.reversed().drop { $0 == " " }.reversed()))
        }
    }
}
