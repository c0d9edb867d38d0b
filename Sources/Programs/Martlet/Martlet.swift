import ArgumentParser

/// The one binary: server and command line.
@main
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
            Start.self, Demo.self, KV.self, Cluster.self, Bench.self, VersionCommand.self,
        ]
    )
}
