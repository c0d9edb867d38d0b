import Model
import NIOCore
import Transport

extension PeerTransport {
    /// The way to the other nodes; nil for a node alone.
    static func make(
        for configuration: NodeConfiguration,
        on group: any EventLoopGroup,
        _ mailbox: ShardMailbox,
        _ facts: FactLog
    ) throws -> PeerTransport? {
        guard let listen = configuration.peer else { return nil }
        let peers = configuration.members.compactMap { member in
            member.peer.map {
                PeerAddress(node: member.id, host: $0.host, port: $0.port)
            }
        }
        let settings = PeerTransportSettings(
            cluster: configuration.cluster,
            own: configuration.id,
            host: listen.host,
            port: listen.port,
            peers: peers.filter { $0.node != configuration.id }
        )
        return try PeerTransport(
            settings,
            on: group,
            deliver: { node, frame in mailbox.post(.frame(frame, from: node)) },
            tell: { facts.tell($0) }
        )
    }
}

extension FactLog {
    func tell(_ fact: PeerFact) {
        switch fact {
        case .connected(let node): info("reaches node \(String(node.number, radix: 16))")
        case .disconnected(let node, let reason):
            warn("lost node \(String(node.number, radix: 16)): \(reason)")
        case .refused(let reason): warn(reason)
        }
    }
}
