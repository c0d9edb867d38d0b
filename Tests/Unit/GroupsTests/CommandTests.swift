import Bytes
import Controller
import Model
import Testing

@testable import Groups

@Suite struct CommandTests {
    private let header = CommandHeader(
        kind: .txn,
        origin: NodeID(.max),
        sequence: 7 << 40,
        time: GroupTime(1 << 53)
    )

    @Test func aPayloadIsTheHeaderAndTheRequestAsItCame() throws {
        let payload = ByteSlice("request").withUnsafeBytes { header.payload($0) }
        #expect(try CommandHeader(decoding: payload) == header)
        #expect(CommandHeader.body(of: payload) == "request")
        #expect(payload.count == CommandHeader.byteCount + 7)
    }

    @Test func aHeaderCutShortIsTruncated() {
        let payload = ByteSlice("request").withUnsafeBytes { header.payload($0) }
        for length in 0..<CommandHeader.byteCount {
            #expect(throws: DecodeError.truncated) {
                try CommandHeader(decoding: payload[0..<length])
            }
            #expect(CommandHeader.body(of: payload[0..<length]) == .empty)
        }
    }

    /// Sums with a time from outside must not overflow, on every node that applies the entry.
    @Test(arguments: [Int64(-1), (1 << 53) + 1, .max])
    func aTimeOutOfThisWorldIsMalformed(time: Int64) {
        var header = header
        header.time = GroupTime(time)
        let payload = ByteSlice("request").withUnsafeBytes { header.payload($0) }
        #expect(throws: DecodeError.malformed("a group time of \(time)")) {
            try CommandHeader(decoding: payload)
        }
    }

    @Test func anUnknownKindIsMalformed() {
        #expect(throws: DecodeError.malformed("command kind 200")) {
            try CommandHeader(decoding: ByteSlice([200]))
        }
    }

    @Test(arguments: [
        ClusterRecord.nodeRegistered(
            NodeRecord(
                id: NodeID(9),
                name: "n9",
                peerAddress: "[::1]:2380",
                clientURLs: ["http://a:1", "http://b:2"]
            )
        ),
        .keyspaceCreated("default"),
        .keyspaceDropped("orders"),
        .membersFounded([
            MemberRecord(id: NodeID(1), peerURLs: ["http://a:1"]),
            MemberRecord(id: NodeID(2), peerURLs: [], isLearner: true),
        ]),
        .memberAdded(MemberRecord(id: NodeID(3), peerURLs: ["http://c:1"], isLearner: true)),
        .memberPromoted(NodeID(3)),
        .memberRemoved(NodeID(3)),
        .memberUpdated(NodeID(3), peerURLs: ["http://c:2", "http://d:2"]),
        .topicCreated(
            TopicCreation(
                name: "orders",
                id: TopicID(high: 1, low: .max),
                partitionCount: 12,
                replicationFactor: 3,
                settings: [TopicSetting(name: "retention.ms", value: "-1")]
            )
        ),
        .topicDropped("orders"),
        .partitionsAdded(topic: "orders", count: 24),
        .topicConfigured(
            topic: "orders",
            settings: [TopicSetting(name: "retention.bytes", value: "1")],
            removed: ["retention.ms"]
        ),
    ])
    func aControlRecordReadsBackAsWritten(record: ClusterRecord) throws {
        let bytes = ControlRecordCodec.encode(record)
        #expect(try ControlRecordCodec.decode(ControlRecordCodec.kind(of: record), bytes) == record)
        // A node's record of before disks were known has no life, which takes nine bytes here.
        var whole = bytes.count
        if case .nodeRegistered = record { whole -= 9 }
        for length in 0..<bytes.count where length != whole {
            #expect(throws: DecodeError.self) {
                try ControlRecordCodec.decode(
                    ControlRecordCodec.kind(of: record),
                    bytes[0..<length]
                )
            }
        }
    }
}

@Suite struct ImageCodecTests {
    private func image() -> MetadataImage {
        var controller = Controller()
        let members = (1...3).map { MemberRecord(id: NodeID($0), peerURLs: ["http://a:\($0)"]) }
        _ = controller.apply(.membersFounded(members))
        for id in 1...3 as ClosedRange<UInt64> {
            let node = NodeRecord(
                id: NodeID(id),
                name: "n\(id)",
                peerAddress: "a:\(id)",
                clientURLs: [],
                kafkaAddress: "a:909\(id)"
            )
            _ = controller.apply(.nodeRegistered(node))
        }
        let topic = TopicCreation(
            name: "orders",
            id: TopicID(high: 7, low: 8),
            partitionCount: 2,
            replicationFactor: 2,
            settings: [TopicSetting(name: "retention.ms", value: "-1")]
        )
        _ = controller.apply(.topicCreated(topic))
        _ = controller.apply(.coordinatorsFounded)
        return controller.image
    }

    @Test func anImageWithTopicsReadsBackAsWritten() throws {
        let image = image()
        #expect(image.topics.count == 1)
        #expect(try ControlRecordCodec.decodeImage(ControlRecordCodec.encode(image)) == image)
    }

    @Test func anImageThatIsCutOffWithinItsTopicsIsRefused() throws {
        let image = image()
        let bytes = ControlRecordCodec.encode(image)
        var without = image
        without = MetadataImage(
            nodes: without.nodes.map {
                NodeRecord(id: $0.id, name: $0.name, peerAddress: "", clientURLs: [])
            },
            members: without.members
        )
        for length in ControlRecordCodec.encode(without).count..<bytes.count {
            let cut = try? ControlRecordCodec.decodeImage(bytes[0..<length])
            #expect(cut == nil || cut?.topics.isEmpty == true, "cut at \(length)")
        }
    }
}
