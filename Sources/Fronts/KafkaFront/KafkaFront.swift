internal import Bytes
internal import Controller
public import Environment
public import Groups
internal import KafkaWire
public import Model
internal import Streams

// KafkaFront: Kafka's protocol for clients, on one shard.
//
// Connections are NIO handlers on the shard's event loop. A request goes without a hop, a task or a
// promise from the socket's buffer to the shard:
//
//     channelRead → RequestFrames: one request, an array of its own → decoded in place
//       → a batch of records: checked, copied once behind its command's header → shard.propose
//     … turn, sync, majority, turn …
//     driver → deliver(completions, advanced) → the call → ReplyQueue → one flush
//
//   KafkaConnection       one connection: NIO's side, requests in and answers out in order
//   KafkaFront+Requests   from a request's head to who serves it
//   +Versions +Metadata   what is answered from what the node knows
//   +Topics +Configs      changes of the cluster's metadata
//   +Produce              records in
//   +Fetch                records out, and who waits for more
//   +Offsets              where logs begin and end, and producers' numbers
//   +Groups               consumers' groups and their offsets
//   TopicSettings         what a topic's settings mean
//
// The front keeps nothing that must last. What it holds per call is in `Limits`.

/// The Kafka API of one shard; its connections, and the answers for them.
///
/// Not `Sendable`: it lives on the shard's event loop with all its connections.
public final class KafkaFront {
    let shard: Shard
    let node: NodeID
    let cluster: ClusterID
    let random: any RandomSource
    private let wallClock: any WallClock

    /// Asks the driver for a turn of the shard; set before the first connection.
    public var requestTurn: () -> Void = {}

    var counters = KafkaCounters()

    /// Held by all connections of requests that are not whole.
    var gatheredBytes = 0

    /// Of records in memory, as of the last look; what was taken since is added.
    var heldRecordBytes = 0

    /// Questions for the brokers before any is known; each is of a connection's requests under way.
    var earlyMetadata: [(MetadataRequest, Call)] = []

    /// Until then they wait.
    private(set) var patientUntil: Instant?

    /// When it is next looked at what topics let go.
    var nextRetention = Instant.zero

    /// Of large answers that their clients have not taken.
    var unsentBytes = 0

    private(set) var now = Instant.zero
    private(set) var isStopped = false

    /// As of `indexedVersion` of the cluster's metadata.
    private(set) var topics = TopicIndex()
    private(set) var brokers = BrokerIndex()
    private var indexedVersion: UInt64?

    /// What is under way, by connection and request.
    var calls: [CallKey: PendingCall] = [:]

    /// Who waits for records, by the partition's group.
    var waitingFetches = WaitingFetches()

    /// The coordinators that this node leads.
    var desk = CoordinatorDesk()

    private var connections: [KafkaConnection?] = []

    /// By number: the first request of the next connection, above all of those before, whose outcomes
    /// may still come.
    private var firstRequests: [UInt64] = []
    private var freeNumbers: [UInt32] = []
    private var unflushed: [KafkaConnection] = []

    public init(
        shard: Shard,
        cluster: ClusterID,
        random: any RandomSource,
        wallClock: any WallClock
    ) {
        self.shard = shard
        node = shard.node
        self.cluster = cluster
        self.random = random
        self.wallClock = wallClock
    }

    public var connectionCount: Int { connections.count - freeNumbers.count }

    var isGatheredFull: Bool { gatheredBytes > Limits.gatheredBytesOfAllMax }

    var isUnsentFull: Bool { unsentBytes > Limits.unsentBytesOfAllMax }

    /// Milliseconds since 1970.
    var wallTime: Int64 { wallClock.milliseconds }

    /// The outcomes of a turn: every answer is written, then each connection flushed once.
    public func deliver(_ completions: [Completion], advanced: [GroupID]) {
        for completion in completions { complete(completion) }
        wakeFetches(of: advanced)
        flushAll()
    }

    /// Time passes: fetches that found too little are answered with what there is.
    public func advance(to now: Instant) {
        self.now = max(self.now, now)
        if patientUntil == nil { patientUntil = now + Limits.patienceNanoseconds }
        answerEarlyMetadata()
        answerOverdueFetches()
        passTimeForCoordinators()
        passTimeForRetention()
        for case let connection? in connections { connection.passTime() }
        flushAll()
    }

    /// No new requests; connections close once what is under way is answered.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        answerAllFetches()
        for case let connection? in connections { connection.leave() }
        flushAll()
    }

    /// Topics and brokers, brought up to date if the metadata has changed.
    func refreshIndexes() {
        let version = shard.metadataVersion
        guard version != indexedVersion, let image = shard.metadata else { return }
        indexedVersion = version
        topics = TopicIndex(image.topics)
        brokers = BrokerIndex(image.nodes)
    }

    private func flushAll() {
        // To flush may take up a request that waited, whose answer then needs a flush of its own.
        while !unflushed.isEmpty {
            let connections = unflushed
            unflushed.removeAll(keepingCapacity: true)
            for connection in connections { connection.flush() }
        }
    }
}

/// What connections ask of their front.
extension KafkaFront {
    /// Its number, and that of its first request.
    func add(_ connection: KafkaConnection) -> (number: UInt32, firstRequest: UInt64)? {
        guard !isStopped else { return nil }
        if let number = freeNumbers.popLast() {
            connections[Int(number)] = connection
            return (number, firstRequests[Int(number)])
        }
        guard connections.count < Limits.connectionsMax else { return nil }
        connections.append(connection)
        firstRequests.append(0)
        return (UInt32(connections.count - 1), 0)
    }

    /// What it waits for is forgotten: the number may be another's soon.
    func remove(_ number: UInt32) {
        guard let connection = connections[Int(number)] else { return }
        for request in connection.replies.openRequests {
            end(CallKey(connection: number, request: request))
        }
        connections[Int(number)] = nil
        firstRequests[Int(number)] = connection.replies.nextRequest
        freeNumbers.append(number)
    }

    func connection(_ number: UInt32) -> KafkaConnection? {
        Int(number) < connections.count ? connections[Int(number)] : nil
    }

    /// To be flushed at the end of the delivery, if one is under way.
    func noteUnflushed(_ connection: KafkaConnection) { unflushed.append(connection) }
}
