import Bytes
import Model
import NIOCore
import NIOPosix
import PeerWire
import Synchronization

@testable import Transport

/// What a transport delivers and tells, awaited in order.
final class Inbox: Sendable {
    enum Letter: Sendable, Equatable {
        case frame(NodeID, ByteSlice)
        case fact(PeerFact)
    }

    private let letters: AsyncStream<Letter>
    private let continuation: AsyncStream<Letter>.Continuation

    init() { (letters, continuation) = AsyncStream.makeStream() }

    func post(_ letter: Letter) { continuation.yield(letter) }

    /// The first letter that `matches`, however many others come before.
    func first(_ matches: (Letter) -> Bool) async -> Letter? {
        for await letter in letters where matches(letter) { return letter }
        return nil
    }

    func frame() async -> Letter? {
        await first { if case .frame = $0 { true } else { false } }
    }

    /// The next fact whose sentence contains the text.
    func refusal(containing text: String) async -> Letter? {
        await first {
            if case .fact(.refused(let reason)) = $0 { reason.contains(text) } else { false }
        }
    }

    func fact(_ fact: PeerFact) async -> Bool { await first { $0 == .fact(fact) } != nil }
}

let first = NodeID(1)
let second = NodeID(2)

/// A transport on loopback, with what it tells and delivers.
struct Station {
    let transport: PeerTransport
    let inbox: Inbox
    let port: Int

    /// Listens at once; dials `peer`, or nobody who is there.
    init(
        _ own: NodeID,
        cluster: UInt64 = 7,
        port: Int = 0,
        peer: NodeID,
        at peerPort: Int? = nil,
        tls: Certificates? = nil,
        timings: PeerTimings = PeerTimings()
    ) async throws {
        let inbox = Inbox()
        var settings = PeerTransportSettings(
            cluster: ClusterID(cluster),
            own: own,
            host: "127.0.0.1",
            port: port,
            peers: [PeerAddress(node: peer, host: "127.0.0.1", port: peerPort ?? 1)],
            tls: try tls?.configuration()
        )
        settings.timings = timings
        transport = try PeerTransport(
            settings,
            on: MultiThreadedEventLoopGroup.singleton,
            deliver: { inbox.post(.frame($0, $1)) },
            tell: { inbox.post(.fact($0)) }
        )
        self.inbox = inbox
        self.port = try await transport.start()
    }

    func stop() async throws { try await transport.stop().get() }
}

/// A frame of the node with one forwarded command of so many bytes.
func frame(of node: NodeID, number: UInt64, payloadBytes: Int) -> ByteSlice {
    var writer = PeerFrameWriter(source: node)
    let payload = ByteSlice(
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: payloadBytes)
    )
    writer.append(
        .proposal(
            GroupID(2),
            ForwardedProposal(term: Term(1), sequence: number, payload: payload)
        )
    )
    return writer.finish()
}

func hello(from source: NodeID, to target: NodeID, cluster: UInt64 = 7) -> ByteBuffer {
    let hello = PeerHello(cluster: ClusterID(cluster), source: source, target: target)
    return ByteBuffer(bytes: hello.encoded.array)
}

/// A bare connection to a transport.
func client(of port: Int) async throws -> any Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
}

/// A peer that answers the hello and then does nothing: it takes bytes, or not even that.
func idlePeer(takesBytes: Bool) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(IdlePeer(takesBytes: takesBytes))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
}

private final class IdlePeer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let takesBytes: Bool
    private var hasAnswered = false

    init(takesBytes: Bool) { self.takesBytes = takesBytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        hasAnswered = true
        context.writeAndFlush(wrapOutboundOut(hello(from: second, to: first)), promise: nil)
        if !takesBytes { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
    }
}
