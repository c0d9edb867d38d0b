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

    private static func tlsConfiguration(
        _ files: NodeConfiguration.PeerTLSFiles
    ) throws(Complaint) -> TLSConfiguration {
        do {
            let configuration = try PeerTLS.configuration(
                certificateFile: files.certificate,
                keyFile: files.key,
                authoritiesFile: files.authority
            )
            // What does not fit together is found here, and not when the first peer calls.
            _ = try NIOSSLContext(configuration: configuration)
            return configuration
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
