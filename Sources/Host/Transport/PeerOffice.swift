internal import Bytes
internal import Model
internal import NIOCore
internal import PeerWire
internal import Synchronization

/// What all accepted connections of a transport share.
final class PeerOffice: Sendable {
    let cluster: ClusterID
    let own: NodeID
    let timings: PeerTimings
    let deliver: @Sendable (NodeID, ByteSlice) -> Void
    private let directory: Mutex<Directory>
    private let tell: @Sendable (PeerFact) -> Void
    private let open = Mutex(OpenConnections())
    private let refusals = Mutex(RecentRefusals())

    init(
        _ settings: PeerTransportSettings,
        deliver: @escaping @Sendable (NodeID, ByteSlice) -> Void,
        tell: @escaping @Sendable (PeerFact) -> Void
    ) {
        cluster = settings.cluster
        own = settings.own
        timings = settings.timings
        directory = Mutex(
            Directory(peers: Set(settings.peers.map(\.node)).subtracting([settings.own]))
        )
        self.deliver = deliver
        self.tell = tell
    }

    /// Who is let in, and who was once.
    private struct Directory {
        var peers: Set<NodeID>
        var removed: Set<NodeID> = []
    }

    func verdict(on node: NodeID) -> PeerHello.Verdict {
        directory.withLock {
            if $0.peers.contains(node) { return .welcome }
            return $0.removed.contains(node) ? .removed : .unknown
        }
    }

    /// Others are let in from now on; the connections of those who are not any more are closed.
    func admitOnly(_ peers: Set<NodeID>, removed: Set<NodeID>) {
        let former = directory.withLock { directory in
            let former = directory.peers.subtracting(peers)
            directory = Directory(peers: peers, removed: removed)
            return former
        }
        for channel in open.withLock({ $0.connections(of: former) }) { channel.close(promise: nil) }
    }

    /// Tells why a connection was closed, unless it was told lately.
    func refused(_ reason: String) {
        guard refusals.withLock({ $0.isNews(reason, at: .now()) }) else { return }
        tell(.refused(reason))
    }

    /// Remembers the connection until it is closed; false if there are too many.
    func admit(_ channel: any Channel) -> Bool {
        guard open.withLock({ $0.insert(channel) }) else { return false }
        channel.closeFuture.whenComplete { _ in self.open.withLock { $0.remove(channel) } }
        return true
    }

    /// A connection has said whose it is; a peer's oldest is closed if it has too many.
    func assign(_ channel: any Channel, to node: NodeID) {
        open.withLock { $0.assign(channel, to: node) }?.close(promise: nil)
    }

    /// Closes all connections, and admits no more.
    func stop() -> [EventLoopFuture<Void>] {
        let channels = open.withLock { $0.stop() }
        for channel in channels { channel.close(promise: nil) }
        return channels.map(\.closeFuture)
    }
}

/// Accepted connections, for the limit and for stopping.
struct OpenConnections {
    private var channels: [ObjectIdentifier: any Channel] = [:]

    /// Each peer's, the oldest first.
    private var ofPeers: [NodeID: [ObjectIdentifier]] = [:]
    private var isStopped = false

    mutating func insert(_ channel: any Channel) -> Bool {
        guard !isStopped, channels.count < Limits.acceptedConnectionsMax else { return false }
        channels[ObjectIdentifier(channel)] = channel
        return true
    }

    /// The connection that is to be closed instead, if any.
    mutating func assign(_ channel: any Channel, to node: NodeID) -> (any Channel)? {
        let open = ofPeers[node, default: []].filter { channels[$0] != nil }
        ofPeers[node] = open + [ObjectIdentifier(channel)]
        guard open.count >= Limits.connectionsPerPeerMax, let oldest = open.first else {
            return nil
        }
        return channels[oldest]
    }

    func connections(of nodes: Set<NodeID>) -> [any Channel] {
        nodes.flatMap { ofPeers[$0, default: []].compactMap { channels[$0] } }
    }

    mutating func remove(_ channel: any Channel) { channels[ObjectIdentifier(channel)] = nil }

    mutating func stop() -> [any Channel] {
        isStopped = true
        return Array(channels.values)
    }
}

/// Which refusals were told lately.
struct RecentRefusals {
    private var toldAt: [String: NIODeadline] = [:]

    mutating func isNews(_ reason: String, at now: NIODeadline) -> Bool {
        if let last = toldAt[reason], now - last < .seconds(Limits.refusalRepeatSeconds) {
            return false
        }
        if toldAt.count >= Limits.rememberedRefusalsMax { toldAt = [:] }
        toldAt[reason] = now
        return true
    }
}
