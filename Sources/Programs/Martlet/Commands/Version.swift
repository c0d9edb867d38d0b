import ArgumentParser
import EtcdFront

/// What this build calls itself.
enum Version {
    static let number = "0.1.0"

    static let text = "martlet \(number) (serves the etcd API as \(ServerVersion.etcd))"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version."
    )

    func run() { print(Version.text) }
}
