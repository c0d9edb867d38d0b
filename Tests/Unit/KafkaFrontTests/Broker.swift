import Bytes
import Controller
import Environment
import Groups
import KafkaFront
import KafkaWire
import Model
import NIOCore
import NIOEmbedded
import RaftCore
import Testing

/// A cluster of one: the shard and its front as they run, with a disk that is always at once done.
final class Broker {
    let shard: Shard
    let front: KafkaFront
    private(set) var now = Instant(1_000_000_000)
    private var effects = ShardEffects()

    static let wallTime: Int64 = 1_700_000_000_000

    init(isRegistered: Bool = true) {
        let id = NodeID(0x5eed)
        let configuration = GroupConfiguration(voters: [ReplicaID(id.number)])
        shard = Shard(
            node: id,
            peers: [id],
            boots: 1,
            settings: ShardSettings(),
            recovered: GroupSeed.ofNewCluster(configuration).map { RecoveredReplica(new: $0) },
            seed: 7
        )
        front = KafkaFront(
            shard: shard,
            cluster: ClusterID(0xc1),
            random: CountingRandom(),
            wallClock: FixedWallClock()
        )
        while shard.status(.control)?.isLeader != true { pass(milliseconds: 50) }
        shard.propose(.membersFounded([MemberRecord(id: id, peerURLs: ["http://127.0.0.1:2380"])]))
        if isRegistered { register() } else { turn() }
    }

    /// The node tells of itself.
    func register() {
        shard.propose(
            .nodeRegistered(
                NodeRecord(
                    id: shard.node,
                    name: "n1",
                    peerAddress: "",
                    clientURLs: [],
                    kafkaAddress: "127.0.0.1:9092"
                )
            )
        )
        turn()
    }

    /// Lets time pass, a tick at a time.
    func pass(milliseconds: Int) {
        for _ in 0..<max(1, milliseconds / 50) {
            now = now + 50_000_000
            shard.advance(to: now)
            front.advance(to: now)
            turn()
        }
    }

    /// Takes turns until there is nothing left to do.
    func turn() {
        repeat {
            shard.turn(into: &effects)
            for job in effects.journalJobs {
                if case .append = job { shard.completed(.appended(upTo: 0)) }
            }
            front.deliver(effects.streamCompletions, advanced: effects.advancedGroups)
        } while shard.hasWork
    }

    /// A topic whose partitions are led here.
    func create(_ name: String, partitions: Int32 = 1, _ configs: [String: String] = [:]) throws {
        let client = Client(self)
        let topic = CreateTopicsRequest.Topic(
            name: ByteSlice(name),
            numPartitions: partitions,
            replicationFactor: 1,
            configs: configs.sorted { $0.key < $1.key }.map {
                CreateTopicsRequest.Config(name: $0.key, value: $0.value)
            }
        )
        let response: CreateTopicsResponse = try client.ask(
            CreateTopicsRequest(topics: [topic]),
            version: 7
        )
        try #require(response.topics.first?.errorCode == KafkaErrorCode.none)
        pass(milliseconds: 1_000)
    }
}

/// A connection to a broker.
final class Client {
    private let broker: Broker
    let channel = EmbeddedChannel()
    private var lastCorrelation: Int32 = 0
    private var received: [UInt8] = []

    init(_ broker: Broker) {
        self.broker = broker
        try? channel.pipeline.syncOperations.addHandler(KafkaConnection(broker.front))
        try? channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9092)).wait()
        broker.front.requestTurn = { broker.turn() }
    }

    var isOpen: Bool { channel.isActive }

    /// Sends a request, and does not wait for the answer.
    @discardableResult
    func send(_ request: some KafkaMessage, version: Int16) throws -> Int32 {
        lastCorrelation += 1
        var writer = KafkaWriter()
        writer.request(
            request,
            KafkaRequestHeader(
                api: type(of: request).api,
                version: version,
                correlationID: lastCorrelation,
                clientID: "test"
            )
        )
        try send(writer.joined().array)
        return lastCorrelation
    }

    func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    /// The next answer, if it has come.
    func answer<Response: KafkaMessage>(
        version: Int16,
        correlation: Int32? = nil
    ) throws -> Response? {
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            received += buffer.readableBytesView
        }
        guard received.count >= 4 else { return nil }
        let length = received[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard received.count >= 4 + length else { return nil }
        let frame = ByteSlice(Array(received[4..<4 + length]))
        received.removeFirst(4 + length)
        var reader = KafkaReader(frame)
        let found = try reader.responseHeader(of: Response.api, version: version)
        if let correlation { #expect(found == correlation) }
        let response = try Response(decoding: &reader, version: version)
        try reader.finish()
        return response
    }

    func ask<Response: KafkaMessage>(
        _ request: some KafkaMessage,
        version: Int16
    ) throws -> Response {
        let correlation = try send(request, version: version)
        return try #require(try answer(version: version, correlation: correlation))
    }
}

/// Chance that never repeats itself.
final class CountingRandom: RandomSource {
    private var last: UInt64 = 0

    func next() -> UInt64 {
        last += 1 << 32
        return last
    }
}

final class FixedWallClock: WallClock {
    var milliseconds: Int64 { Broker.wallTime }
}
