import Bytes
import Model
import NIOCore
import PeerWire
import RaftCore

@testable import Transport

/// What another node of the cluster, or whoever reaches its port, may send.
extension FuzzTarget {
    static let peerTargets: [FuzzTarget] = [
        FuzzTarget("peer-hello", samples: { [hello] }, peerHello),
        // An entry is 64 bytes, for three on the wire; `entriesPerAppendMax` bounds them.
        FuzzTarget("peer-frame", bytesPerByte: 128, samples: peerFrameSamples, peerFrame),
        FuzzTarget("peer-stream", bytesPerByte: 16, samples: peerStreamSamples, peerStream),
    ]

    private static let hello = PeerHello(
        cluster: ClusterID(5),
        source: NodeID(1),
        target: NodeID(2)
    ).encoded

    private static func peerHello(_ input: ByteSlice, _ run: FuzzRun) {
        // As it came, and as if its checksum were right.
        let unsealed = input[0..<min(input.count, PeerHello.byteCount - 4)]
        for bytes in [input, unsealed.sealed] {
            guard let hello = try? PeerHello(decoding: bytes) else { continue }
            run.expect(PeerHello.canBegin(with: bytes), "a hello that cannot begin")
            let again = try? PeerHello(decoding: hello.encoded)
            run.expect(again == hello, "\(hello) came back changed")
        }
    }

    private static func peerFrameSamples() -> [ByteSlice] {
        let group = GroupID(3)
        let mark = SnapshotMark(
            index: LogIndex(9),
            term: Term(2),
            configuration: GroupConfiguration(voters: [ReplicaID(1), ReplicaID(2)])
        )
        let entry = Entry(index: LogIndex(5), term: Term(2), kind: .command, payload: "payload")
        let bodies: [Message.Body] = [
            .append(
                AppendEntries(
                    previousIndex: LogIndex(4),
                    previousTerm: Term(2),
                    entries: [entry],
                    commitIndex: LogIndex(4)
                )
            ),
            .appendReply(.accepted(matchIndex: LogIndex(5))), .installSnapshot(mark), .timeoutNow,
        ]
        let messages = bodies.map { body in
            let message = Message(
                source: ReplicaID(1),
                target: ReplicaID(2),
                term: Term(2),
                body: body
            )
            return PeerItem.raft(group, message)
        }
        let chunk = SnapshotChunk(
            mark: mark,
            term: Term(2),
            leader: ReplicaID(1),
            offset: 0,
            totalBytes: 5,
            bytes: "bytes"
        )
        let forwarded = ForwardedProposal(term: Term(2), sequence: 7, payload: "payload")
        return [
            frame(messages), frame([.proposal(group, forwarded), .read(group, sequence: 8)]),
            frame([.readReply(group, sequence: 8, index: LogIndex(5))]),
            frame([.proposalReturned(group, sequence: 7, payload: "payload")]),
            frame([.snapshotChunk(group, chunk)]),
        ].map { $0[1..<$0.count - 4] }
    }

    private static func frame(_ items: [PeerItem]) -> ByteSlice {
        var writer = PeerFrameWriter(source: NodeID(1))
        for item in items { writer.append(item) }
        return writer.finish()
    }

    /// The input is a frame without its version and its checksum, which no fuzzer would guess.
    private static func peerFrame(_ input: ByteSlice, _ run: FuzzRun) {
        _ = try? PeerFrameReader(input)
        guard let (source, items) = run.decoding({ items(in: input.prefixed(1).sealed) }) else {
            return
        }
        var writer = PeerFrameWriter(source: source)
        for item in items { writer.append(item) }
        guard let again = self.items(in: writer.finish()) else {
            return run.expect(false, "what we encoded is refused")
        }
        run.expect(again.source == source && again.items == items, "items came back changed")
    }

    private static func items(in frame: ByteSlice) -> (source: NodeID, items: [PeerItem])? {
        do throws(DecodeError) {
            var reader = try PeerFrameReader(frame)
            var items: [PeerItem] = []
            while let item = try reader.next() { items.append(item) }
            return (reader.source, items)
        } catch {
            return nil
        }
    }
}

extension FuzzTarget {
    private static func peerStreamSamples() -> [ByteSlice] {
        var buffer = FrameAssembler.ping
        FrameAssembler.write("a frame", to: &buffer)
        return [.joined([hello, ByteSlice(Array(buffer.readableBytesView))])]
    }

    /// Behind a whole hello, or an input's own.
    private static func peerStream(_ input: ByteSlice, _ run: FuzzRun) {
        for bytes in [input, ByteSlice.joined([hello, input])] {
            var whole = Stream()
            run.decoding { whole.hear(bytes) }
            var pieces = Stream()
            for place in 0..<bytes.count { pieces.hear(bytes[place..<place + 1]) }
            run.expect(whole == pieces, "fragments changed what a peer said")
        }
    }

    private struct Stream: Equatable {
        private var assembler = FrameAssembler()
        private var hello: PeerHello?
        private var items: [FrameAssembler.Item] = []
        private var isRefused = false

        mutating func hear(_ bytes: ByteSlice) {
            guard !isRefused else { return }
            var buffer = ByteBuffer(bytes: bytes.array)
            assembler.append(&buffer)
            do {
                if hello == nil { hello = try assembler.hello() }
                guard hello != nil else { return }
                while let item = try assembler.next() { items.append(item) }
                assembler.compact()
            } catch {
                isRefused = true
            }
        }

        static func == (left: Stream, right: Stream) -> Bool {
            left.hello == right.hello && left.items == right.items
                && left.isRefused == right.isRefused
        }
    }
}
