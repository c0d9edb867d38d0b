import Controller
import Groups
import Model
import Transport

/// Keeps connections to whom the shard talks to, at the addresses that the members have now.
final class PeerDirectory {
    private let own: NodeID
    private let firstPeers: [PeerEntry]
    private let transport: PeerTransport?
    private var connected: [NodeID] = []
    private var shown: [PeerAddress] = []
    private var shownRemoved: [NodeID] = []

    init(_ configuration: NodeConfiguration, _ transport: PeerTransport?) {
        own = configuration.id
        firstPeers = configuration.firstPeers
        self.transport = transport
        shown = firstPeers.map {
            PeerAddress(node: $0.node, host: $0.address.host, port: $0.address.port)
        }
    }

    /// Whether others belong, by what the shard has applied; they are the shard's peers then.
    ///
    /// True if they are other than before.
    func passTick(of shard: Shard) -> Bool {
        let image = shard.metadata ?? MetadataImage()
        let peers = shard.peers.compactMap { address(of: $0, image) }
        guard peers != shown || shard.strangers != shownRemoved else { return false }
        shown = peers
        shownRemoved = shard.strangers
        transport?.connect(to: peers, removed: shownRemoved)
        return true
    }

    /// What the members say goes before what was known at the start.
    private func address(of node: NodeID, _ image: MetadataImage) -> PeerAddress? {
        let urls = image.member(node)?.peerURLs.compactMap(PeerURL.init) ?? []
        if let url = urls.first {
            return PeerAddress(node: node, host: url.host, port: url.port)
        }
        if let peer = firstPeers.first(where: { $0.node == node }) {
            return PeerAddress(node: node, host: peer.address.host, port: peer.address.port)
        }
        return shown.first { $0.node == node }
    }

    func note(_ fact: PeerFact) {
        switch fact {
        case .connected(let node): connected.append(node)
        case .disconnected(let node, _): connected.removeAll { $0 == node }
        case .roundTrip, .removed, .refused: return
        }
    }

    func isConnected(_ node: NodeID) -> Bool { connected.contains(node) }
}
