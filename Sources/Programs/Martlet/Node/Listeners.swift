import EtcdFront
import KafkaFront
import NIOCore
import NIOPosix
import NIOSSL
import Transport

/// The ports that clients connect to.
enum Listeners {
    static func open(
        for configuration: NodeConfiguration,
        on group: MultiThreadedEventLoopGroup,
        shard: NIOLoopBound<ShardLoop>,
        tls: NIOSSLContext?
    ) async throws -> [any Channel] {
        let etcd = try await bootstrap(group) { channel in
            if let tls {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            }
            try channel.pipeline.syncOperations.addHandler(EtcdConnection(shard.value.front))
        }
        .bind(at: configuration.etcd)
        let http = try await bootstrap(group) { channel in
            try channel.pipeline.syncOperations.addHandler(PlainHTTPConnection(shard.value.front))
        }
        .bind(at: configuration.http)
        let kafka = try await bootstrap(group) { channel in
            if let tls {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            }
            try channel.pipeline.syncOperations.addHandler(KafkaConnection(shard.value.kafka))
        }
        .bind(at: configuration.kafka)
        return [etcd, http, kafka]
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup,
        _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) }
            }
    }

    /// Why a node cannot listen, in three lines.
    static func complaint(_ error: any Error, _ configuration: NodeConfiguration) -> Complaint {
        if let complaint = error as? Complaint { return complaint }
        guard let failure = error as? ListenFailure else {
            return Complaint(
                failure: "node \(configuration.name) cannot start",
                cause: "\(error)",
                fix: "martlet start --help"
            )
        }
        return Complaint(
            failure: "cannot listen on \(failure.address)",
            cause: failure.reason,
            fix: "choose another address (--etcd, --kafka, --http, --peer), or see: ss -ltnp",
            kind: .addressInUse
        )
    }
}

struct ListenFailure: Error {
    var address: Address
    var reason: String
}

extension ServerBootstrap {
    fileprivate func bind(at address: Address) async throws -> any Channel {
        do {
            return try await bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenFailure(address: address, reason: ConnectionFailure.sentence(of: error))
        }
    }
}
