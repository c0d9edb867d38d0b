import ArgumentParser

#if canImport(Glibc)
import Glibc
#endif

/// The one binary.
@main
enum Program {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        if let complaint = CommandWords.complaint(words, under: Martlet.self) {
            Output.complain(complaint)
            exit(ExitCode.usage.rawValue)
        }
        await Martlet.main()
    }
}

/// Server and command line.
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract:
            "Coordination and event streams in one binary, over etcd's and Kafka's protocols.",
        discussion: """
            First steps:
              martlet start --dev          one node on loopback, no configuration
              martlet kv put hello world   (or: etcdctl put hello world)
              martlet demo                 three nodes on loopback
            """,
        version: Version.text,
        subcommands: [
            Start.self, Demo.self, KV.self, Keyspaces.self, Cluster.self, Snapshot.self,
            Bench.self, VersionCommand.self,
        ]
    )
}
