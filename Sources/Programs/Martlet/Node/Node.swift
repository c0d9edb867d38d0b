import Bytes
import Controller
import Environment
import EtcdFront
import Groups
import Journal
import Keyspace
import Model
import NIOCore
import NIOPosix
import NIOSSL
import RaftCore
import SystemEnvironment
import Telemetry
import Transport

/// Why a node ends by itself.
enum NodeEnding: Sendable, Equatable {
    /// Its storage cannot be trusted any longer.
    case storageFailed(String)

    /// Its disk was wiped or put back to an older copy.
    case diskRefused(String)

    /// It was removed from the cluster.
    case removed
}

/// One node, assembled and running: a shard on an event loop, its storage threads, its listeners.
final class Node: Sendable {
    let configuration: NodeConfiguration
    private let directory: DataDirectory
    private let group: MultiThreadedEventLoopGroup
    private let shard: NIOLoopBound<ShardLoop>
    private let storage: ShardStorage
    private let workers: WorkerPool
    private let transport: PeerTransport?
    private let listeners: [any Channel]
    private let log: Log

    private init(
        configuration: NodeConfiguration,
        directory: DataDirectory,
        group: MultiThreadedEventLoopGroup,
        shard: NIOLoopBound<ShardLoop>,
        storage: ShardStorage,
        workers: WorkerPool,
        transport: PeerTransport?,
        listeners: [any Channel],
        log: Log
    ) {
        self.configuration = configuration
        self.directory = directory
        self.group = group
        self.shard = shard
        self.storage = storage
        self.workers = workers
        self.transport = transport
        self.listeners = listeners
        self.log = log
    }

    /// Recovers from disk, listens, and begins to take part.
    static func start(
        _ given: NodeConfiguration,
        onEnd: @escaping @Sendable (NodeEnding) -> Void
    ) async throws(Complaint) -> Node {
        let log = given.log.open(node: given.name)
        let given = try await given.admitted()
        let directory = try DataDirectory.open(for: given)
        let configuration = given.restored(from: directory.origin)
        let recovered = try await RecoveredStorage.recover(
            for: configuration,
            boots: directory.boots,
            incarnation: directory.incarnation
        )
        let tls = try configuration.tls.map { (files) throws(Complaint) in
            try ServerTLS.context(files)
        }
        let watch = LoopWatch()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1, metricsDelegate: watch)
        let loop = group.next()
        let mailbox = ShardMailbox(on: loop)
        let workers = WorkerPool(name: "work")
        do {
            let transport = try PeerTransport.make(for: configuration, on: group, mailbox)
            let shard = try await loop.submit {
                let shard = ShardLoop(
                    recovered.shard(of: configuration),
                    configuration: configuration,
                    loop: loop,
                    storage: recovered.storage,
                    transport: transport,
                    workers: workers,
                    telemetry: NodeTelemetry(
                        configuration,
                        log: log,
                        loop: watch,
                        transport: transport,
                        onEnd: onEnd
                    )
                )
                shard.start(mailbox: mailbox)
                return NIOLoopBound(shard, eventLoop: loop)
            }.get()
            let listeners = try await Listeners.open(
                for: configuration,
                on: group,
                shard: shard,
                tls: tls
            )
            if let transport { try await transport.listen(on: configuration) }
            log.tell(configuration.started)
            for damage in recovered.damages {
                log.tell(LogRecord(.error, "damage on the disk", [.text("what", "\(damage)")]))
            }
            return Node(
                configuration: configuration,
                directory: directory,
                group: group,
                shard: shard,
                storage: recovered.storage,
                workers: workers,
                transport: transport,
                listeners: listeners,
                log: log
            )
        } catch {
            throw Listeners.complaint(error, configuration)
        }
    }

    /// Takes no more requests, hands over what it leads, answers what is under way, makes all
    /// durable, and closes.
    func stop(handsOver: Bool) async {
        for listener in listeners {
            // A listener that is closed already is as good.
            _ = try? await listener.close()
        }
        let shard = shard
        _ = try? await group.next().flatSubmit { shard.value.retire(handsOver: handsOver) }.get()
        if let transport { _ = try? await transport.stop().get() }
        storage.stop()
        workers.stop()
        _ = try? await group.shutdownGracefully()
        log.tell(LogRecord(.info, "stopped"))
    }

    /// What a person sees first.
    func banner(dev isDevelopment: Bool) -> String {
        let kind =
            isDevelopment
            ? "single node, dev: plain text on loopback"
            : "\(Count.of(configuration.members.count, "node")), \(configuration.tls == nil ? "plain text" : "TLS")"
        return """
            Martlet \(Version.number)  node \(configuration.name)  data \(configuration.dataDirectory)  (\(kind))
              etcd v3 API  \(configuration.etcd)
              HTTP         http://\(configuration.http)   /livez /readyz /health /version /metrics
              Kafka API    \(configuration.kafka)
            Ready. Try:  martlet kv put --endpoints \(configuration.etcd) hello world   ·   \
            etcdctl --endpoints \(configuration.etcd) get hello
            """
    }
}
