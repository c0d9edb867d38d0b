import ArgumentParser
import Bytes
import Client
import Environment
import EtcdWire
import Groups
import Journal
import Keyspace
import KeyspaceModel
import Model
import SystemEnvironment

struct Snapshot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save the keyspace to a file, look at it, restore a cluster from it.",
        subcommands: [Save.self, Status.self, Restore.self]
    )

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save what a node has to a file.",
            discussion: "The same as etcdctl snapshot save; either file can be restored."
        )

        @OptionGroup var endpoints: Endpoints

        @Argument(help: "The file to write; it must not exist.")
        var file: String

        func run() async throws {
            try await endpoints.withClient { client in
                let target = try SnapshotTarget(file)
                do {
                    try await client.stream(.snapshot, SnapshotRequest()) {
                        (response: SnapshotResponse) in
                        try target.append(response.blob)
                    }
                    let saved = try target.finish()
                    print("saved \(file): \(saved) bytes")
                } catch {
                    target.abandon()
                    throw error
                }
            }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a file, and tell what is in it.",
            discussion: """
                HASH is etcd's HashKV at REVISION, as 'etcdctl endpoint hashkv' tells it of a node.
                """
        )

        @Argument(help: "The file.")
        var file: String

        func run() throws {
            do throws(Complaint) {
                let saved = try SavedKeyspace.read(file)
                let hash = (try? saved.keyspace.hash(at: .zero).hash) ?? 0
                Table.show([
                    ["HASH", "REVISION", "COMPACTED", "KEYS", "LEASES", "BYTES"],
                    [
                        "\(hash)", "\(saved.keyspace.revision)",
                        "\(max(0, saved.keyspace.compactRevision.number))",
                        "\(saved.keyspace.keyCount)", "\(saved.keyspace.leases.count)",
                        "\(saved.byteCount)",
                    ],
                ])
            } catch {
                Output.complain(error)
                throw ExitCode.failure
            }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the data directory of a node of a new cluster from a file.",
            discussion: """
                One node alone:      martlet snapshot restore FILE --data-dir DIR
                                     martlet start --dev --data-dir DIR
                A node of a cluster: martlet snapshot restore FILE --data-dir DIR --name n1 \
                --cluster n1=HOST:PORT,n2=HOST:PORT,n3=HOST:PORT
                Restore the same file for every node, then start them all.
                """
        )

        @Argument(help: "A file of 'martlet snapshot save' or 'etcdctl snapshot save'.")
        var file: String

        @Option(help: "The new data directory; it must be empty or not exist.")
        var dataDir: String

        @Option(help: "The node's name, one of --cluster.")
        var name: String?

        @Option(help: "All nodes of the new cluster, NAME=HOST:PORT,…")
        var cluster: String?

        func run() throws {
            do throws(Complaint) {
                let options = StartOptions(name: name, dataDirectory: dataDir, cluster: cluster)
                let isAlone = name == nil && cluster == nil
                let configuration =
                    isAlone ? try options.development() : try options.clusterNode()
                let saved = try SavedKeyspace.read(file)
                try saved.restore(for: configuration)
                let keyspace = saved.keyspace
                print(
                    "restored \(keyspace.keyCount) keys at revision \(keyspace.revision) "
                        + "for node \(configuration.name) in \(dataDir)"
                )
            } catch {
                Output.complain(error)
                throw ExitCode.failure
            }
        }
    }
}
