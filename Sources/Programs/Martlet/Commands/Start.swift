import ArgumentParser

#if canImport(Glibc)
import Glibc
#endif

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a node.",
        discussion: """
            One node alone:      martlet start --dev
            A node of a cluster: martlet start --name n1 --data-dir DIR --etcd HOST:PORT \
            --peer HOST:PORT --cluster n1=HOST:PORT,n2=HOST:PORT,n3=HOST:PORT
            To join a cluster:   martlet cluster add HOST:PORT, then \
            martlet start --name n4 --data-dir DIR --etcd HOST:PORT --peer HOST:PORT --join HOST:PORT
            From a file:         martlet start --config FILE   (lines of 'key = value', keys as the flags)
            """
    )

    @Flag(help: "One node on loopback, with nothing to configure.")
    var dev = false

    @Option(help: "A file of settings; flags go before it.")
    var config: String?

    @Option(help: "This node's name, one of --cluster.")
    var name: String?

    @Option(help: "Where this node keeps its data.")
    var dataDir: String?

    @Option(help: "Where etcd's clients connect, HOST:PORT.")
    var etcd: String?

    @Option(help: "Where Kafka's clients will connect, HOST:PORT.")
    var kafka: String?

    @Option(help: "Where health checks and the console connect, HOST:PORT.")
    var http: String?

    @Option(help: "Where the other nodes connect, HOST:PORT.")
    var peer: String?

    @Option(help: "All nodes, NAME=HOST:PORT,…")
    var cluster: String?

    @Option(help: "A running cluster's nodes, as clients reach them, HOST:PORT,…; to join it.")
    var join: String?

    @Option(help: "A PEM certificate chain; clients then connect by TLS.")
    var certFile: String?

    @Option(help: "The certificate's private key, PEM.")
    var keyFile: String?

    @Option(help: "PEM authorities that clients' certificates must be signed by.")
    var clientCaFile: String?

    @Option(help: "This node's PEM certificate chain for the other nodes; all then use TLS.")
    var peerCertFile: String?

    @Option(help: "Its private key, PEM.")
    var peerKeyFile: String?

    @Option(help: "PEM authorities that the other nodes' certificates must be signed by.")
    var peerCaFile: String?

    @OptionGroup var log: LogOptions

    @Option(help: "The keyspace's bytes beyond which writes are refused; 0: 2 GiB, -1: no limit.")
    var quotaBackendBytes: String?

    @Option(help: "How often watches that want it are told their progress; 10m by default.")
    var watchProgressNotifyInterval: String?

    func run() async throws {
        let configuration = try Output.usage { () throws(Complaint) in try nodeConfiguration() }
        do {
            try await Server.run([configuration]) { nodes in
                for node in nodes { print(node.banner(dev: dev)) }
            }
        } catch let complaint as Complaint {
            Output.complain(complaint)
            throw ExitCode.failure
        }
    }

    private func nodeConfiguration() throws(Complaint) -> NodeConfiguration {
        var options = StartOptions(
            name: name,
            dataDirectory: dataDir,
            etcd: etcd,
            kafka: kafka,
            http: http,
            peer: peer,
            cluster: cluster,
            join: join,
            certificate: certFile,
            key: keyFile,
            clientAuthority: clientCaFile,
            peerCertificate: peerCertFile,
            peerKey: peerKeyFile,
            peerAuthority: peerCaFile,
            logLevel: log.logLevel,
            logFormat: log.logFormat,
            quotaBytes: quotaBackendBytes,
            progressInterval: watchProgressNotifyInterval
        )
        if let config {
            let text = try TextFile.read(config)
            options = options.over(try ConfigurationFile.parse(text, path: config))
        }
        return dev ? try options.development() : try options.clusterNode()
    }
}
