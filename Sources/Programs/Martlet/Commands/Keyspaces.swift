import ArgumentParser
import Client
import EtcdWire
import KeyspaceModel

struct Keyspaces: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyspace",
        abstract: "Create, list and drop keyspaces: isolated etcds in one cluster.",
        discussion: """
            A client says which keyspace it means:
              martlet kv --keyspace orders put a 1
              gRPC          the header martlet-keyspace: orders
              etcdctl       --endpoints orders.keyspace.HOST:PORT, a name that leads to a node
            """,
        subcommands: [Create.self, List.self, Drop.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an empty keyspace.")

        @Argument(help: "Its name: 1 to 63 of a-z, 0-9 and -.")
        var name: String

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let response: CreateKeyspaceResponse = try await client.call(
                    .createKeyspace,
                    CreateKeyspaceRequest(name: name)
                )
                print("created keyspace \(name), group \(response.keyspace?.group ?? 0)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Each keyspace: who leads it, its revision and its size."
        )

        @Option(name: .shortAndLong, help: "How it is written: table, json or yaml.")
        var output = OutputFormat.table

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let response: ListKeyspacesResponse = try await client.call(
                    .listKeyspaces,
                    ListKeyspacesRequest()
                )
                let members = try await client.memberList().members
                let rows = response.keyspaces.map { Row($0, members) }
                switch output {
                case .table:
                    Table.show([Row.heads] + rows.map(\.cells))
                case .json: print("[" + rows.map(\.json).joined(separator: ",") + "]")
                case .yaml: print(rows.isEmpty ? "[]" : rows.map(\.yaml).joined(separator: "\n"))
                }
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a keyspace with all its keys, for good."
        )

        @Argument(help: "Its name.")
        var name: String

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            try await endpoints.withClient { client in
                let _: DropKeyspaceResponse = try await client.call(
                    .dropKeyspace,
                    DropKeyspaceRequest(name: name)
                )
                print("dropped keyspace \(name)")
            }
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case yaml
}

extension Keyspaces {
    /// A keyspace as it is shown; a name is a label, so none of it needs quoting.
    private struct Row {
        static let heads = ["KEYSPACE", "GROUP", "LEADER", "REVISION", "BYTES"]

        let keyspace: KeyspaceSummary
        let leader: String

        init(_ keyspace: KeyspaceSummary, _ members: [Member]) {
            self.keyspace = keyspace
            let member = members.first { $0.id == keyspace.leader }
            leader =
                keyspace.leader == 0
                ? "-" : member.map { $0.name.isEmpty ? $0.hex : $0.name } ?? "-"
        }

        var cells: [String] {
            [
                keyspace.name, "\(keyspace.group)", leader, "\(keyspace.revision)",
                "\(keyspace.bytes)",
            ]
        }

        var json: String {
            "{\"name\":\"\(keyspace.name)\",\"group\":\(keyspace.group),"
                + "\"leader\":\"\(String(keyspace.leader, radix: 16))\","
                + "\"revision\":\(keyspace.revision),\"bytes\":\(keyspace.bytes)}"
        }

        var yaml: String {
            """
            - name: \(keyspace.name)
              group: \(keyspace.group)
              leader: "\(String(keyspace.leader, radix: 16))"
              revision: \(keyspace.revision)
              bytes: \(keyspace.bytes)
            """
        }
    }
}
