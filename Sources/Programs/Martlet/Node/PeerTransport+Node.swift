import Model
import NIOCore
import NIOSSL
import Transport

extension PeerTransport {
    /// The way to the other nodes; nil for a node alone.
    static func make(
        for configuration: NodeConfiguration,
        on group: any EventLoopGroup,
        _ mailbox: ShardMailbox
    ) throws -> PeerTransport? {
        guard let listen = configuration.peer else { return nil }
        let peers = configuration.firstPeers.map { peer in
            PeerAddress(node: peer.node, host: peer.address.host, port: peer.address.port)
        }
        let settings = PeerTransportSettings(
            cluster: configuration.cluster,
            own: configuration.id,
            host: listen.host,
            port: listen.port,
            peers: peers,
            tls: try configuration.peerTLS.map(tlsConfiguration)
        )
        return try PeerTransport(
            settings,
            on: group,
            deliver: { node, frame in mailbox.post(.frame(frame, from: node)) },
            tell: { mailbox.post(.peerFact($0)) }
        )
    }
}

extension PeerTransport {
    /// Listens and begins to dial.
    func listen(on configuration: NodeConfiguration) async throws {
        do {
            _ = try await start()
        } catch {
            guard let peer = configuration.peer else { throw error }
            throw ListenFailure(address: peer, reason: ConnectionFailure.sentence(of: error))
        }
    }

    /// For calls to other nodes as a client makes them, with the same identity.
    static func clientContext(
        _ files: NodeConfiguration.PeerTLSFiles
    ) throws(Complaint) -> NIOSSLContext {
        try context(files) { $0.applicationProtocols = ["h2"] }.context
    }

    private static func tlsConfiguration(
        _ files: NodeConfiguration.PeerTLSFiles
    ) throws(Complaint) -> TLSConfiguration {
        try context(files) { _ in }.configuration
    }

    private static func context(
        _ files: NodeConfiguration.PeerTLSFiles,
        _ adapt: (inout TLSConfiguration) -> Void
    ) throws(Complaint) -> (configuration: TLSConfiguration, context: NIOSSLContext) {
        do {
            var configuration = try PeerTLS.configuration(
                certificateFile: files.certificate,
                keyFile: files.key,
                authoritiesFile: files.authority
            )
            adapt(&configuration)
            // What does not fit together is found here, and not when the first peer calls.
            return (configuration, try NIOSSLContext(configuration: configuration))
        } catch {
            throw Complaint(
                failure: "cannot use \(files.certificate), \(files.key) and \(files.authority) "
                    + "between nodes",
                cause: "\(error)",
                fix: "openssl verify -CAfile \(files.authority) \(files.certificate)"
            )
        }
    }
}
