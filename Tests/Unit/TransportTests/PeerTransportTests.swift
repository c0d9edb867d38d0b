import Bytes
import Model
import NIOCore
import NIOPosix
import PeerWire
import Synchronization
import Testing

@testable import Transport

/// What transports deliver and tell, awaited in order.
private final class Inbox: Sendable {
    enum Letter: Sendable, Equatable {
        case frame(NodeID, ByteSlice)
        case fact(PeerFact)
    }

    let letters: AsyncStream<Letter>
    private let continuation: AsyncStream<Letter>.Continuation

    init() { (letters, continuation) = AsyncStream.makeStream() }

    func post(_ letter: Letter) { continuation.yield(letter) }

    /// The first letter that `matches`, however many others come before.
    func first(_ matches: (Letter) -> Bool) async -> Letter? {
        for await letter in letters where matches(letter) { return letter }
        return nil
    }
}

private let first = NodeID(1)
private let second = NodeID(2)

private func transport(
    _ own: NodeID, cluster: UInt64 = 7, port: Int = 0, peers: [PeerAddress], inbox: Inbox
) throws -> PeerTransport {
    try PeerTransport(
        PeerTransportSettings(
            cluster: ClusterID(cluster), own: own, host: "127.0.0.1", port: port, peers: peers),
        on: MultiThreadedEventLoopGroup.singleton,
        deliver: { inbox.post(.frame($0, $1)) }, tell: { inbox.post(.fact($0)) })
}

@Suite(.timeLimit(.minutes(1))) struct PeerTransportTests {
    @Test func framesArriveInOrderFromTheNodeThatSentThem() async throws {
        let inbox = Inbox()
        let nobody = PeerAddress(node: first, host: "127.0.0.1", port: 1)
        let receiver = try transport(second, peers: [nobody], inbox: inbox)
        let port = try await receiver.start()
        let outbox = Inbox()
        let sender = try transport(
            first, peers: [PeerAddress(node: second, host: "127.0.0.1", port: port)], inbox: outbox)
        _ = try await sender.start()
        _ = await outbox.first { $0 == .fact(.connected(to: second)) }
        let frames = (0..<200).map { ByteSlice([UInt8](repeating: UInt8($0), count: $0 * 700)) }
        for frame in frames { sender.send(frame, to: second) }
        for frame in frames {
            let letter = await inbox.first {
                if case .frame = $0 { true } else { false }
            }
            #expect(letter == .frame(first, frame))
        }
        sender.stop()
        receiver.stop()
    }

    @Test func aNodeOfAnotherClusterIsRefusedWithASentence() async throws {
        let inbox = Inbox()
        let receiver = try transport(second, peers: [], inbox: inbox)
        let port = try await receiver.start()
        let outbox = Inbox()
        let sender = try transport(
            first, cluster: 8,
            peers: [PeerAddress(node: second, host: "127.0.0.1", port: port)], inbox: outbox)
        _ = try await sender.start()
        let refusal = PeerRefusal.otherCluster(theirs: ClusterID(8), ours: ClusterID(7))
        #expect(await inbox.first { $0 == .fact(.refused("\(refusal)")) } != nil)
        sender.stop()
        receiver.stop()
    }

    @Test func garbageClosesTheConnection() async throws {
        let inbox = Inbox()
        let receiver = try transport(second, peers: [], inbox: inbox)
        let port = try await receiver.start()
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await client.writeAndFlush(
            ByteBuffer(repeating: 0x47, count: PeerHello.byteCount))
        #expect(await inbox.first { $0 == .fact(.refused("\(PeerRefusal.notAPeer)")) } != nil)
        try await client.closeFuture.get()
        receiver.stop()
    }
}

@Suite struct FrameAssemblerTests {
    private func assembled(_ chunks: [[UInt8]]) throws -> [ByteSlice] {
        var assembler = FrameAssembler()
        var frames: [ByteSlice] = []
        for chunk in chunks {
            var bytes = ByteBuffer(bytes: chunk)
            assembler.append(&bytes)
            while let frame = try assembler.next() { frames.append(frame) }
        }
        return frames
    }

    @Test func framesAreCutWhereverTheBytesWereSplit() throws {
        let stream: [UInt8] = [2, 0, 0, 0, 7, 8, 0, 0, 0, 0, 1, 0, 0, 0, 9]
        let expected = [ByteSlice([7, 8]), .empty, ByteSlice([9])]
        #expect(try assembled([stream]) == expected)
        #expect(try assembled(stream.map { [$0] }) == expected)
    }

    @Test func aHugeLengthIsRefusedBeforeItsBytesCome() {
        #expect(throws: FrameTooLarge.self) { try assembled([[0xff, 0xff, 0xff, 0xff]]) }
    }

    @Test func aQueueDropsWhatIsBeyondItsBound() {
        var queue = FrameQueue()
        let frame = ByteSlice([UInt8](repeating: 0, count: 64 << 20))
        let wakes = [queue.append(frame), queue.append(frame), queue.append(frame)]
        #expect(wakes == [true, false, false])
        #expect(queue.takeAll().count == 2)
    }
}
