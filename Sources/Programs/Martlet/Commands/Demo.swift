import ArgumentParser

#if canImport(Glibc)
import Glibc
#endif

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a cluster on loopback; it is gone when the command ends."
    )

    @Option(help: "How many nodes, 1 to 9.")
    var nodes = 3

    @Option(help: "The first port; each node takes ten.")
    var basePort = 23790

    @OptionGroup var log: LogOptions

    func run() async throws {
        do {
            let directory = try TemporaryDirectory.make()
            defer { directory.remove() }
            let planned = try Output.usage { () throws(Complaint) -> [NodeConfiguration] in
                try configurations(in: directory.path)
            }
            try await Server.run(planned) { running in
                print(banner(running))
            }
        } catch let complaint as Complaint {
            var complaint = complaint
            if complaint.kind == .addressInUse { complaint.fix = otherPorts }
            Output.complain(complaint)
            throw ExitCode.failure
        }
    }

    private func configurations(in directory: String) throws(Complaint) -> [NodeConfiguration] {
        guard (1...9).contains(nodes) else {
            throw Complaint(
                failure: "--nodes \(nodes)",
                cause: "a demo has 1 to 9 nodes",
                fix: "martlet demo --nodes 3"
            )
        }
        guard (1...65_535 - nodes * 10).contains(basePort) else {
            throw Complaint(
                failure: "--base-port \(basePort)",
                cause: "\(nodes) nodes do not fit behind it",
                fix: "martlet demo --base-port 23790"
            )
        }
        func address(_ node: Int, _ offset: Int) -> Address {
            Address(host: "127.0.0.1", port: basePort + node * 10 + offset)
        }
        // The banner is what people are to read here; who wants more asks for it.
        let log = try LogSettings(level: log.logLevel ?? "error", format: log.logFormat)
        let members = (0..<nodes).map { node in
            NodeConfiguration.Member(
                name: "n\(node + 1)",
                peer: nodes == 1 ? nil : address(node, 1)
            )
        }
        return members.enumerated().map { node, member in
            NodeConfiguration(
                name: member.name,
                dataDirectory: "\(directory)/\(member.name)",
                etcd: address(node, 0),
                kafka: address(node, 2),
                http: address(node, 3),
                peer: member.peer,
                members: members,
                tls: nil,
                log: log
            )
        }
    }

    private var otherPorts: String {
        let next = basePort + 100 + nodes * 10
        return "martlet demo --base-port \(next < 65_000 ? next : 23_790)"
    }

    private func banner(_ running: [Node]) -> String {
        let endpoints = running.map { "\($0.configuration.etcd)" }.joined(separator: ",")
        let first = running.first.map { "\($0.configuration.http)" } ?? ""
        return """
            Martlet \(Version.number): \(Count.of(running.count, "node")) on loopback, gone with Ctrl-C. Try:

              martlet kv put --endpoints \(endpoints) hello world
              etcdctl --endpoints \(endpoints) get hello
              etcdctl --endpoints \(endpoints) endpoint status -w table
              curl http://\(first)/readyz
              martlet cluster status --endpoints \(endpoints)
            """
    }
}

/// A directory that goes when the command ends.
struct TemporaryDirectory {
    let path: String

    static func make() throws(Complaint) -> TemporaryDirectory {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/martlet-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw Complaint(
                failure: "cannot make a directory in \(parent)",
                cause: reason,
                fix: "TMPDIR=/somewhere/writable martlet demo"
            )
        }
        return TemporaryDirectory(
            path: String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
        )
    }

    func remove() { Self.remove(path) }

    /// Depth first; what cannot be removed stays for the system's own cleaning.
    private static func remove(_ path: String) {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(stream)
        }
        _ = Glibc.remove(path)
    }
}
