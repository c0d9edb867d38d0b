import Bytes
import Model
import NIOCore
import NIOPosix
import PeerWire
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct PeerTransportTests {
    @Test func framesArriveInOrderFromTheNodeThatSentThem() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        let frames = (0..<200).map { frame(of: first, number: $0, payloadBytes: Int($0) * 900) }
        for frame in frames { sender.transport.send(frame, to: second) }
        for frame in frames { #expect(await receiver.inbox.frame() == .frame(first, frame)) }
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func bothSidesSendEachOnItsOwnConnection() async throws {
        let away = try await Station(second, peer: first)
        let port = away.port
        try await away.stop()
        let one = try await Station(first, peer: second, at: port)
        let two = try await Station(second, port: port, peer: first, at: one.port)
        #expect(await one.inbox.fact(.connected(to: second)))
        #expect(await two.inbox.fact(.connected(to: first)))
        let there = frame(of: first, number: 1, payloadBytes: 10)
        let back = frame(of: second, number: 2, payloadBytes: 20)
        one.transport.send(there, to: second)
        #expect(await two.inbox.frame() == .frame(first, there))
        two.transport.send(back, to: first)
        #expect(await one.inbox.frame() == .frame(second, back))
        try await one.stop()
        try await two.stop()
    }

    @Test func framesOfManyThreadsAllArrive() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        await withTaskGroup { tasks in
            for thread in 0..<8 {
                tasks.addTask {
                    for place in 0..<250 {
                        let number = UInt64(thread * 250 + place)
                        let frame = frame(of: first, number: number, payloadBytes: 100)
                        sender.transport.send(frame, to: second)
                    }
                }
            }
        }
        var numbers: [UInt64] = []
        while numbers.count < 2_000, case .frame(_, let frame) = await receiver.inbox.frame() {
            var reader = try PeerFrameReader(frame)
            if case .proposal(_, let proposal) = try reader.next() {
                numbers.append(proposal.sequence)
            }
        }
        #expect(numbers.sorted() == Array(0..<2_000))
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aPeerThatRestartsIsFoundAgain() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        try await receiver.stop()
        let reason = "the peer closed the connection"
        #expect(await sender.inbox.fact(.disconnected(from: second, reason)))
        let restarted = try await Station(second, port: receiver.port, peer: first)
        #expect(await sender.inbox.fact(.connected(to: second)))
        let late = frame(of: first, number: 3, payloadBytes: 3)
        sender.transport.send(late, to: second)
        #expect(await restarted.inbox.frame() == .frame(first, late))
        try await sender.stop()
        try await restarted.stop()
    }

    @Test func aPeerThatIsAwayIsComplainedOfOnce() async throws {
        let sender = try await Station(first, peer: second)
        #expect(await sender.inbox.refusal(containing: "cannot be reached") != nil)
        sender.transport.send(frame(of: first, number: 1, payloadBytes: 1), to: second)
        #expect(sender.transport.droppedFrameCount == 1)
        try await sender.stop()
    }

    @Test func aSlowPeerCostsABoundedAmountOfMemory() async throws {
        let peer = try await idlePeer(takesBytes: false)
        let port = try #require(peer.localAddress?.port)
        let sender = try await Station(first, peer: second, at: port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        let large = frame(of: first, number: 1, payloadBytes: 1 << 20)
        for _ in 0..<200 { sender.transport.send(large, to: second) }
        let dropped = sender.transport.droppedFrameCount
        #expect(dropped > 0)
        #expect(dropped < 200)
        try await sender.stop()
        try await peer.close()
    }
}

/// Peers that come, go and move while the transport runs.
@Suite(.timeLimit(.minutes(1))) struct ChangingPeersTests {
    @Test func aPeerThatIsAddedIsLetInAndReached() async throws {
        let receiver = try await Station(second, peer: NodeID(3))
        let sender = try await Station(first, peer: NodeID(3))
        receiver.transport.connect(to: [address(first, sender.port)], removed: [])
        sender.transport.connect(to: [address(second, receiver.port)], removed: [])
        #expect(await sender.inbox.fact(.connected(to: second)))
        let bytes = frame(of: first, number: 1, payloadBytes: 3)
        sender.transport.send(bytes, to: second)
        #expect(await receiver.inbox.frame() == .frame(first, bytes))
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aPeerThatIsRemovedIsCutOffAndTold() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        receiver.transport.connect(to: [], removed: [first])
        #expect(await sender.inbox.fact(.removed(by: second)))
        let sentence = "\(PeerRefusal.removedNode(first, by: second))"
        #expect(await receiver.inbox.refusal(containing: sentence) != nil)
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aPeerThatMovesIsReachedAtItsNewAddress() async throws {
        let sender = try await Station(first, peer: second)
        let receiver = try await Station(second, peer: first, at: sender.port)
        sender.transport.connect(to: [address(second, receiver.port)], removed: [])
        #expect(await sender.inbox.fact(.connected(to: second)))
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aPeerThatStaysKeepsItsConnection() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.fact(.connected(to: second)))
        let third = address(NodeID(3), 1)
        sender.transport.connect(to: [address(second, receiver.port), third], removed: [])
        sender.transport.send(frame(of: first, number: 1, payloadBytes: 3), to: second)
        #expect(await receiver.inbox.frame() != nil)
        #expect(sender.transport.droppedFrameCount == 0)
        try await sender.stop()
        try await receiver.stop()
    }

    private func address(_ node: NodeID, _ port: Int) -> PeerAddress {
        PeerAddress(node: node, host: "127.0.0.1", port: port)
    }
}

@Suite(.timeLimit(.minutes(1))) struct PeerRefusalTests {
    @Test func aNodeOfAnotherClusterIsRefusedWithASentenceOnBothSides() async throws {
        let receiver = try await Station(second, peer: first)
        let sender = try await Station(first, cluster: 8, peer: second, at: receiver.port)
        let seen = PeerRefusal.otherCluster(theirs: ClusterID(8), ours: ClusterID(7))
        let told = PeerRefusal.otherCluster(theirs: ClusterID(7), ours: ClusterID(8))
        #expect(await receiver.inbox.refusal(containing: "\(seen)") != nil)
        #expect(await sender.inbox.refusal(containing: "\(told)") != nil)
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func anAddressOfAnotherNodeIsRefusedOnBothSides() async throws {
        let receiver = try await Station(NodeID(3), peer: first)
        let sender = try await Station(first, peer: second, at: receiver.port)
        let refusal = PeerRefusal.wrongNode(wanted: second, reached: NodeID(3))
        #expect(await receiver.inbox.refusal(containing: "\(refusal)") != nil)
        #expect(await sender.inbox.refusal(containing: "\(refusal)") != nil)
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aNodeThatIsNoPeerIsRefusedOnBothSides() async throws {
        let receiver = try await Station(second, peer: NodeID(3))
        let sender = try await Station(first, peer: second, at: receiver.port)
        let refusal = PeerRefusal.unknownNode(first, to: second)
        #expect(await receiver.inbox.refusal(containing: "\(refusal)") != nil)
        #expect(await sender.inbox.refusal(containing: "\(refusal)") != nil)
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func garbageInsteadOfAHelloClosesAtOnce() async throws {
        let receiver = try await Station(second, peer: first)
        let client = try await client(of: receiver.port)
        try await client.writeAndFlush(ByteBuffer(string: "GET"))
        #expect(await receiver.inbox.fact(.refused("\(PeerRefusal.notAPeer)")))
        try await client.closeFuture.get()
        try await receiver.stop()
    }

    /// What is said of a connection that begins well and goes on with these bytes.
    private func refusal(of bytes: ByteBuffer, containing text: String) async throws {
        let receiver = try await Station(second, peer: first)
        let client = try await client(of: receiver.port)
        var stream = hello(from: first, to: second)
        stream.writeImmutableBuffer(bytes)
        try await client.writeAndFlush(stream)
        #expect(await receiver.inbox.refusal(containing: text) != nil)
        try await client.closeFuture.get()
        try await receiver.stop()
    }

    @Test func aLengthBeyondTheLimitClosesBeforeItsBytesCome() async throws {
        try await refusal(of: ByteBuffer(integer: UInt32.max), containing: "the limit is")
    }

    @Test func aDamagedFrameCloses() async throws {
        var bytes = frame(of: first, number: 1, payloadBytes: 30).array
        bytes[20] ^= 1
        var buffer = ByteBuffer()
        FrameAssembler.write(ByteSlice(bytes), to: &buffer)
        try await refusal(of: buffer, containing: "damaged")
    }

    @Test func aPeersOldestConnectionClosesWhenItHasTooMany() async throws {
        let receiver = try await Station(second, peer: first)
        var clients: [any Channel] = []
        for _ in 0...Transport.Limits.connectionsPerPeerMax {
            let client = try await client(of: receiver.port)
            try await client.writeAndFlush(hello(from: first, to: second))
            var frames = ByteBuffer()
            FrameAssembler.write(frame(of: first, number: 1, payloadBytes: 1), to: &frames)
            try await client.writeAndFlush(frames)
            #expect(await receiver.inbox.frame() != nil)
            clients.append(client)
        }
        try await clients[0].closeFuture.get()
        let othersAreOpen = clients.dropFirst().allSatisfy { $0.isActive }
        #expect(othersAreOpen)
        try await receiver.stop()
    }

    @Test func aFrameInTheNameOfAnotherNodeCloses() async throws {
        var buffer = ByteBuffer()
        FrameAssembler.write(frame(of: NodeID(9), number: 1, payloadBytes: 3), to: &buffer)
        try await refusal(of: buffer, containing: "in the name of node 9")
    }
}

/// Who says nothing is not there.
@Suite(.timeLimit(.minutes(1))) struct SilenceTests {
    private let impatient = PeerTimings(
        hello: .milliseconds(200),
        ping: .milliseconds(20),
        silence: .milliseconds(900)
    )

    @Test func aPeerThatAnswersNoPingIsLeft() async throws {
        let peer = try await idlePeer(takesBytes: true)
        let port = try #require(peer.localAddress?.port)
        let sender = try await Station(first, peer: second, at: port, timings: impatient)
        #expect(await sender.inbox.fact(.disconnected(from: second, "the peer is silent")))
        try await sender.stop()
        try await peer.close()
    }

    @Test func aPeerThatPingsNotIsLeft() async throws {
        let receiver = try await Station(second, peer: first, timings: impatient)
        let client = try await client(of: receiver.port)
        try await client.writeAndFlush(hello(from: first, to: second))
        #expect(await receiver.inbox.fact(.refused("node 1 is silent")))
        try await client.closeFuture.get()
        try await receiver.stop()
    }

    @Test func aConnectionWithoutAHelloIsClosed() async throws {
        let receiver = try await Station(second, peer: first, timings: impatient)
        let client = try await client(of: receiver.port)
        #expect(await receiver.inbox.fact(.refused("a connection without a hello")))
        try await client.closeFuture.get()
        try await receiver.stop()
    }

    @Test func anIdleConnectionStaysWithPings() async throws {
        let receiver = try await Station(second, peer: first, timings: impatient)
        let sender = try await Station(first, peer: second, at: receiver.port, timings: impatient)
        #expect(await sender.inbox.fact(.connected(to: second)))
        // A connection that says nothing at all ends meanwhile: more than the silence has passed.
        let silent = try await client(of: receiver.port)
        try await silent.writeAndFlush(hello(from: first, to: second))
        try await silent.closeFuture.get()
        let late = frame(of: first, number: 1, payloadBytes: 1)
        sender.transport.send(late, to: second)
        #expect(await receiver.inbox.frame() == .frame(first, late))
        #expect(sender.transport.droppedFrameCount == 0)
        try await sender.stop()
        try await receiver.stop()
    }
}

@Suite(.timeLimit(.minutes(1))) struct PeerTLSTests {
    @Test func framesTravelBetweenNodesOfOneAuthority() async throws {
        let receiver = try await Station(second, peer: first, tls: .ours)
        let sender = try await Station(first, peer: second, at: receiver.port, tls: .ours)
        #expect(await sender.inbox.fact(.connected(to: second)))
        let large = frame(of: first, number: 5, payloadBytes: 3_000_000)
        sender.transport.send(large, to: second)
        #expect(await receiver.inbox.frame() == .frame(first, large))
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aNodeOfAnotherAuthorityIsRefused() async throws {
        let receiver = try await Station(second, peer: first, tls: .ours)
        let sender = try await Station(first, peer: second, at: receiver.port, tls: .others)
        #expect(await sender.inbox.refusal(containing: "CERTIFICATE_VERIFY_FAILED") != nil)
        try await sender.stop()
        try await receiver.stop()
    }

    @Test func aNodeWithoutTLSIsRefused() async throws {
        let receiver = try await Station(second, peer: first, tls: .ours)
        let sender = try await Station(first, peer: second, at: receiver.port)
        #expect(await sender.inbox.refusal(containing: "node 2 at") != nil)
        #expect(await receiver.inbox.refusal(containing: "") != nil)
        try await sender.stop()
        try await receiver.stop()
    }
}
