import Bytes
import Model
import PeerWire
import RaftCore
import Testing

@Suite struct PeerFrameTests {
    @Test func randomItemsSurviveTheWire() throws {
        var random = RandomItems(seed: 1)
        var writer = PeerFrameWriter(source: NodeID(.max))
        for length in 0..<200 {
            let written = (0..<length % 40).map { _ in random.item() }
            for item in written { writer.append(item) }
            #expect(writer.itemCount == written.count)
            let frame = writer.finish()
            #expect(try PeerFrameReader(frame).source == NodeID(.max))
            #expect(try items(of: frame) == written)
        }
    }

    @Test func aFurtherGroupsHeartbeatTakesAFewBytes() {
        let source = ReplicaID(0x8123_4567_89ab_cdef)
        let target = ReplicaID(0xfedc_ba98_7654_3210)
        func heartbeat(_ group: UInt64) -> PeerItem {
            let beat = Heartbeat(commitIndex: LogIndex(1_000_000), round: nil)
            return .raft(
                GroupID(group),
                Message(source: source, target: target, term: Term(9), body: .heartbeat(beat))
            )
        }
        let one = frame(of: [heartbeat(500)])
        let thousand = frame(of: (500..<1_500).map(heartbeat))
        #expect((thousand.count - one.count) / 999 <= 6)
    }

    @Test func aChangedByteIsNoticed() {
        var random = RandomItems(seed: 2)
        let original = frame(of: (0..<10).map { _ in random.item() }).array
        for position in original.indices {
            var changed = original
            changed[position] ^= 0x10
            #expect(throws: DecodeError.self) { try PeerFrameReader(ByteSlice(changed)) }
        }
    }

    @Test func everyCutIsAnError() {
        var random = RandomItems(seed: 3)
        let whole = frame(of: (0..<5).map { _ in random.item() })
        for end in 0..<whole.count {
            #expect(throws: DecodeError.self) { try PeerFrameReader(whole[0..<end]) }
        }
    }

    @Test func garbageBehindAGoodChecksumNeverTraps() {
        var random = RandomItems(seed: 4)
        var refused = 0
        for round in 0..<20_000 {
            var bytes = frame(of: (0..<3).map { _ in random.item() }).array
            for _ in 0...(round % 4) {
                let position = Int.random(in: 9..<bytes.count, using: &random.numbers)
                bytes[position] = UInt8.random(in: 0...255, using: &random.numbers)
            }
            if round % 5 == 0 {
                bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random.numbers)))
            }
            do {
                _ = try items(of: resealed(bytes))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1_000)
    }

    @Test func numbersBeyondTheLimitAreRefused() {
        for number in [Limits.numberMax + 1, UInt64.max] {
            let progress = SnapshotProgress(
                index: LogIndex(number),
                received: 0,
                verdict: .more
            )
            #expect(throws: DecodeError.tooLarge("the number \(number)")) {
                try items(of: frame(of: [.snapshotProgress(GroupID(1), progress)]))
            }
        }
    }

    @Test func aCountThatLiesTakesNoMemory() {
        var writer = ByteWriter(appendingTo: [1, 0, 0, 0, 0, 0, 0, 0, 0])
        writer.byte(3)
        for number: UInt64 in [2, 1, 2, 5, 0, 0, 0, 1 << 20] { writer.varint(number) }
        writer.integer(UInt32(0))
        #expect(throws: DecodeError.truncated) { try items(of: resealed(writer.bytes)) }
    }

    @Test func anotherFormatIsRefusedWithASentence() {
        var bytes = frame(of: []).array
        bytes[0] = 2
        let expected = DecodeError.malformed("a frame of format 2; this node knows format 1")
        #expect(throws: expected) { try PeerFrameReader(resealed(bytes)) }
    }

    @Test func unknownKindsAreRefused() {
        for kind: UInt8 in [0, 12, 15, 26, 31] {
            var writer = ByteWriter(appendingTo: [1, 0, 0, 0, 0, 0, 0, 0, 0, kind, 0])
            writer.integer(UInt32(0))
            #expect(throws: DecodeError.malformed("an item of kind \(kind)")) {
                try items(of: resealed(writer.bytes))
            }
        }
    }

    @Test func aWriterSaysWhenItsFrameIsLargeEnough() {
        var writer = PeerFrameWriter(source: NodeID(1))
        #expect(writer.isEmpty)
        let payload = ByteSlice([UInt8](repeating: 1, count: Limits.frameBytesGoal))
        writer.append(
            .proposal(
                GroupID(1),
                ForwardedProposal(term: Term(1), sequence: 1, payload: payload)
            )
        )
        #expect(writer.isFull)
        _ = writer.finish()
        #expect(writer.isEmpty)
        #expect(!writer.isFull)
    }
}
