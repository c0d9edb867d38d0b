public import Environment
public import Groups
internal import HTTP2Wire
public import Keyspace
internal import KeyspaceModel
public import Model
public import Telemetry

// EtcdFront: etcd's API for clients, on one shard.
//
// Connections are NIO handlers on the shard's event loop; each drives an HTTP/2 connection from
// HTTP2Wire, which turns bytes into requests and replies into bytes. So a request goes, without a
// hop, a task or a promise, from the socket's buffer to the shard:
//
//     channelRead → HTTP2Connection → bodyReceived → prepare: one copy behind the command's header
//       → decode in place → check, as etcd does before Raft → shard.propose, or shard.read
//     … turn, sync, majority, turn …
//     driver → deliver(completions, watches) → the call → encode into the output → one flush
//
//   EtcdConnection        one connection: NIO's side and the calls
//     +Requests           from headers to a whole message, and which service it is for
//     +Keys +Leases       the services that propose and read
//     +Watches            watch streams, their progress and their back-pressure
//     +Members            changes of who belongs to the cluster
//     +Cluster +Health    what is answered from what the node knows
//     +Reflection         the .proto files, for clients that have none
//     +Replies            framing, errors, large responses in pieces
//   Recipes/              Lock and Election: what takes several of these steps
//   ErrorMapping          errors in etcd's words
//   Gateway/              calls in JSON over HTTP/1.1, put into gRPC and back
//   PlainHTTP…            /version, /health, /livez, /readyz on the same port and another
//
// The front keeps nothing that must last. What it holds per call is in `Limits`.
//
// Missing here: authentication; such calls are answered Unimplemented.

/// The etcd API of one shard; its connections, and the answers for them.
///
/// Not `Sendable`: it lives on the shard's event loop with all its connections.
public final class EtcdFront {
    let shard: Shard
    let group: GroupID
    let node: NodeID
    let settings: EtcdFrontSettings
    private let random: any RandomSource

    /// Where what would hold the loop is done.
    let workers: any Workers

    /// What clients are told of the members; to be replaced when they change.
    public var cluster: ClusterView {
        didSet { isLearner = cluster.member(node)?.isLearner ?? false }
    }

    /// Whether this node has no vote, and so serves little.
    private(set) var isLearner = false

    /// Brings `cluster` up to date, for an answer that is to show a change; set before the first
    /// connection.
    public var refreshCluster: () -> Void = {}

    /// Whether this node's frames reach a peer; set before the first connection.
    public var isConnected: (NodeID) -> Bool = { _ in true }

    /// Asks the driver for a turn of the shard; set before the first connection.
    public var requestTurn: () -> Void = {}

    /// Adds to a page of metrics what the driver knows; set before the first connection.
    public var writeMetrics: (inout Exposition) -> Void = { _ in }

    var counters = FrontCounters()

    private(set) var now = Instant.zero
    private(set) var isStopped = false

    /// Who leads, and in which term; looked up once a delivery, not once a reply.
    private(set) var leader: NodeID?
    private var term = Term.zero

    /// Since when there has been no leader.
    private var leaderlessSince: Instant?

    /// Held by all connections of requests that are not complete.
    var gatheredBytes = 0

    /// What waits for clients who do not read.
    let allowance = QueueAllowance(bytesMax: Limits.queuedBytesOfAllMax)

    /// What calls of Lock and Election do.
    var recipes = RecipeTable()

    private var connections = ConnectionTable()
    private var lastSerial: UInt32 = 0

    /// What the watch before heard, during a delivery.
    var sharedEvents = SharedEvents()

    /// Connections with replies that are not sent.
    private var unflushed: [EtcdConnection] = []

    public init(
        shard: Shard,
        group: GroupID = .defaultKeyspace,
        cluster: ClusterView,
        settings: EtcdFrontSettings,
        random: any RandomSource,
        workers: any Workers
    ) {
        self.shard = shard
        self.group = group
        node = shard.node
        self.cluster = cluster
        isLearner = cluster.member(shard.node)?.isLearner ?? false
        self.settings = settings
        self.random = random
        self.workers = workers
    }

    public var connectionCount: Int { connections.count }

    var isGatheredFull: Bool { gatheredBytes > Limits.gatheredBytesOfAllMax }

    /// The outcomes of a turn: every answer is written, then each connection flushed once.
    public func deliver(_ completions: [Completion], _ watches: [WatchDelivery]) {
        observeLeader()
        for completion in completions {
            let key = CallKey(number: completion.waiter.request)
            switch connections[completion.waiter.client] {
            case .free: completeRecipe(completion)
            case .etcd(let connection): connection.complete(key, completion.result)
            case .plain(let connection): connection.complete(key, completion.result)
            }
        }
        deliver(watches)
        flushAll()
    }

    func deliver(_ watches: [WatchDelivery]) {
        for delivery in watches {
            counters.events &+= UInt64(delivery.response.events.count)
            guard case .etcd(let connection) = connections[delivery.stream.client] else {
                deliverToRecipe(delivery)
                continue
            }
            connection.deliver(delivery.response, to: CallKey(number: delivery.stream.request))
        }
        sharedEvents.forget()
    }

    /// What is under way for these keyspaces ends: they are no more.
    public func end(_ groups: [GroupID]) {
        for slot in connections.slots {
            guard case .etcd(let connection) = slot else { continue }
            connection.end(groups)
        }
        flushAll()
    }

    /// Time passes: deadlines, progress of watches, streams that cannot be without a leader.
    public func advance(to now: Instant) {
        self.now = max(self.now, now)
        observeLeader()
        let isLeaderless = leaderlessSince.map {
            self.now >= $0 + settings.leaderlessNanoseconds
        }
        for slot in connections.slots {
            switch slot {
            case .free: continue
            case .etcd(let connection): connection.passTime(isLeaderless: isLeaderless ?? false)
            case .plain(let connection): connection.passTime()
            }
        }
        retryRecipes()
        flushAll()
    }

    /// No new calls; streams end, and connections close once what is under way is answered.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        for slot in connections.slots {
            switch slot {
            case .free: continue
            case .etcd(let connection): connection.stop()
            case .plain(let connection): connection.stop()
            }
        }
        flushAll()
    }

    /// Ends what `stop` left under way, a moment before the connections are closed.
    public func finishStop() {
        for slot in connections.slots {
            switch slot {
            case .free, .plain: continue
            case .etcd(let connection): connection.finishStop()
            }
        }
        flushAll()
    }

    private func observeLeader() {
        let status = shard.status(group)
        leader = status?.leader
        term = status?.term ?? .zero
        if leader == nil {
            leaderlessSince = leaderlessSince ?? now
        } else {
            leaderlessSince = nil
        }
    }

    private func flushAll() {
        // To flush may make a stream writable, whose answer then needs a flush of its own.
        while !unflushed.isEmpty {
            let connections = unflushed
            unflushed.removeAll(keepingCapacity: true)
            for connection in connections { connection.flush() }
        }
    }
}

/// What connections ask of their front.
extension EtcdFront {
    func add(_ connection: ConnectionTable.Slot) -> UInt32? {
        isStopped ? nil : connections.insert(connection)
    }

    func remove(_ number: UInt32) { connections.remove(number) }

    func connection(_ number: UInt32) -> ConnectionTable.Slot { connections[number] }

    /// To be flushed at the end of the delivery, if one is under way.
    func noteUnflushed(_ connection: EtcdConnection) { unflushed.append(connection) }

    func takeSerial() -> UInt32 {
        lastSerial &+= 1
        return lastSerial
    }

    /// Looks for the leader anew; calls that come between turns would see an old one.
    func refreshLeader() { observeLeader() }

    var machine: KeyspaceMachine? { shard.keyspace(group) }

    func header(_ revision: Int64, of group: GroupID) -> ResponseHeader {
        ResponseHeader(
            clusterID: cluster.cluster.number,
            memberID: node.number,
            revision: revision,
            raftTerm: group == self.group ? term.number : shard.status(group)?.term.number ?? 0
        )
    }

    /// A positive number for a lease whose client left the choice to us.
    func chooseLeaseID() -> Int64 { Int64(truncatingIfNeeded: random.next() >> 1) | 1 }

    /// When a watch's progress is due again: the interval and up to a tenth, by chance.
    func nextProgress() -> Instant {
        let jitter = random.next() % max(1, settings.progressNanoseconds / 10)
        return now + (settings.progressNanoseconds + jitter)
    }
}
