import Bytes
import Model
import PeerWire
import Testing

@Suite struct PeerHelloTests {
    private let hello = PeerHello(
        cluster: ClusterID(5),
        source: NodeID(1),
        target: NodeID(2)
    )

    private func refusal(_ body: () throws -> Void) -> PeerRefusal? {
        do {
            try body()
            return nil
        } catch {
            return error as? PeerRefusal
        }
    }

    @Test func aHelloSurvivesTheWire() throws {
        #expect(hello.encoded.count == PeerHello.byteCount)
        #expect(try PeerHello(decoding: hello.encoded) == hello)
        var unwelcome = hello
        unwelcome.verdict = .unknown
        #expect(try PeerHello(decoding: unwelcome.encoded) == unwelcome)
    }

    @Test func aHelloForUsIsAccepted() throws {
        try hello.check(cluster: ClusterID(5), own: NodeID(2), dialled: nil)
        try hello.check(cluster: ClusterID(5), own: NodeID(2), dialled: NodeID(1))
    }

    @Test func everyRefusalHasItsReason() {
        let other = refusal {
            try hello.check(cluster: ClusterID(6), own: NodeID(2), dialled: nil)
        }
        #expect(other == .otherCluster(theirs: ClusterID(5), ours: ClusterID(6)))
        let wrongTarget = refusal {
            try hello.check(cluster: ClusterID(5), own: NodeID(3), dialled: nil)
        }
        #expect(wrongTarget == .wrongNode(wanted: NodeID(2), reached: NodeID(3)))
        let wrongSource = refusal {
            try hello.check(cluster: ClusterID(5), own: NodeID(2), dialled: NodeID(9))
        }
        #expect(wrongSource == .wrongNode(wanted: NodeID(9), reached: NodeID(1)))
        let unwelcome = refusal {
            var answer = hello
            answer.verdict = .unknown
            try answer.check(cluster: ClusterID(5), own: NodeID(2), dialled: NodeID(1))
        }
        #expect(unwelcome == .unknownNode(NodeID(2), to: NodeID(1)))
    }

    @Test func aNewerVersionIsToldFromGarbage() {
        var newer = hello
        newer.version = 2
        #expect(
            refusal { _ = try PeerHello(decoding: newer.encoded) }
                == .newerVersion(theirs: 2, newestOfOurs: 1)
        )
        #expect(
            refusal { _ = try PeerHello(decoding: "GET / HTTP/1.1 and so on and so forth") }
                == .notAPeer
        )
    }

    @Test func aChangedByteIsNoticed() {
        for position in 0..<PeerHello.byteCount {
            var bytes = hello.encoded.array
            bytes[position] ^= 0x40
            #expect(refusal { _ = try PeerHello(decoding: ByteSlice(bytes)) } != nil)
        }
        for end in 0..<PeerHello.byteCount {
            #expect(refusal { _ = try PeerHello(decoding: hello.encoded[0..<end]) } != nil)
        }
    }

    @Test func refusalsAreSentences() {
        let refusals: [PeerRefusal] = [
            .notAPeer, .damagedHello, .newerVersion(theirs: 2, newestOfOurs: 1),
            .otherCluster(theirs: ClusterID(1), ours: ClusterID(2)),
            .wrongNode(wanted: NodeID(1), reached: NodeID(2)),
            .unknownNode(NodeID(1), to: NodeID(2)), .removedNode(NodeID(1), by: NodeID(2)),
        ]
        for refusal in refusals { #expect(refusal.description.hasSuffix(".")) }
        #expect(refusals[3].description.contains("cluster 1, this one to cluster 2"))
    }
}
