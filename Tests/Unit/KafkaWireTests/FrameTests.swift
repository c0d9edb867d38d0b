import Bytes
import Testing

@testable import KafkaWire

@Suite struct FrameTests {
    private func hex(_ slice: ByteSlice) -> String {
        slice.array.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private func request<Message: KafkaMessage>(_ message: Message, version: Int16) -> String {
        var writer = KafkaWriter()
        let header = KafkaRequestHeader(
            api: Message.api,
            version: version,
            correlationID: 7,
            clientID: "me"
        )
        writer.request(message, header)
        return hex(writer.joined())
    }

    private func response<Message: KafkaMessage>(_ message: Message, version: Int16) -> String {
        var writer = KafkaWriter()
        writer.response(message, correlationID: 7, version: version)
        return hex(writer.joined())
    }

    // Lengths and fields worked out by hand from the schema: size, header, message.

    @Test func apiVersionsRequestsHaveTheLayoutOfTheSchema() {
        let empty = APIVersionsRequest()
        #expect(request(empty, version: 0) == "0000000c" + "00120000" + "00000007" + "00026d65")
        let named = APIVersionsRequest(clientSoftwareName: "go", clientSoftwareVersion: "1")
        #expect(
            request(named, version: 3)
                == "00000013" + "00120003" + "00000007" + "00026d65" + "00"
                + "03676f" + "0231" + "00"
        )
    }

    @Test func apiVersionsResponsesHaveNoTagsInTheirHeaders() {
        var versions = APIVersionsResponse(
            apiKeys: [APIVersionsResponse.APIVersion(apiKey: 18, minVersion: 0, maxVersion: 4)]
        )
        #expect(
            response(versions, version: 0)
                == "00000010" + "00000007" + "0000" + "00000001" + "001200000004"
        )
        // No tag is written: all are at their defaults.
        #expect(
            response(versions, version: 3)
                == "00000013" + "00000007" + "0000" + "02" + "00120000000400" + "00000000" + "00"
        )
        versions.finalizedFeaturesEpoch = 5
        versions.finalizedFeatures = [
            APIVersionsResponse.FinalizedFeature(
                name: "t.v",
                maxVersionLevel: 2,
                minVersionLevel: 2
            )
        ]
        // Tag 1 of eight bytes, tag 2 of ten.
        #expect(
            response(versions, version: 3)
                == "00000029" + "00000007" + "0000" + "02" + "00120000000400" + "00000000"
                + "02" + "0108" + "0000000000000005" + "020a" + "02" + "04742e76" + "00020002"
                + "00"
        )
    }

    @Test func metadataRequestsTellAllFromNone() {
        #expect(
            request(MetadataRequest(topics: nil), version: 1)
                == "00000010" + "00030001" + "00000007" + "00026d65" + "ffffffff"
        )
        #expect(
            request(MetadataRequest(topics: []), version: 1)
                == "00000010" + "00030001" + "00000007" + "00026d65" + "00000000"
        )
        // Version 0 has no null; there none means all.
        #expect(request(MetadataRequest(topics: nil), version: 0).hasSuffix("6d6500000000"))
    }

    @Test func metadataResponsesHaveTheLayoutOfTheSchema() {
        let metadata = MetadataResponse(
            brokers: [MetadataResponse.Broker(nodeID: 1, host: "h", port: 9_092)],
            controllerID: 1,
            topics: [
                MetadataResponse.Topic(
                    name: "t",
                    partitions: [
                        MetadataResponse.Partition(
                            leaderID: 1,
                            replicaNodes: [1],
                            isrNodes: [1]
                        )
                    ]
                )
            ]
        )
        #expect(
            response(metadata, version: 1)
                == "00000041" + "00000007"
                + "00000001" + "00000001" + "000168" + "00002384" + "ffff"
                + "00000001" + "00000001" + "0000" + "000174" + "00"
                + "00000001" + "0000" + "00000000" + "00000001" + "00000001" + "00000001"
                + "00000001" + "00000001"
        )
    }

    private static let produce = ProduceRequest(
        acks: -1,
        timeoutMs: 1_000,
        topics: [
            ProduceRequest.Topic(
                name: "t",
                partitions: [ProduceRequest.Partition(index: 2, records: RecordsPayload("abc"))]
            )
        ]
    )

    @Test func produceRequestsHaveTheLayoutOfTheSchema() {
        #expect(
            request(Self.produce, version: 3)
                == "0000002a" + "00000003" + "00000007" + "00026d65"
                + "ffff" + "ffff" + "000003e8" + "00000001" + "000174" + "00000001"
                + "00000002" + "00000003" + "616263"
        )
        #expect(
            request(Self.produce, version: 9)
                == "00000023" + "00000009" + "00000007" + "00026d65" + "00"
                + "00" + "ffff" + "000003e8" + "02" + "0274" + "02"
                + "00000002" + "04616263" + "00" + "00" + "00"
        )
    }

    private static let fetch = FetchResponse(
        sessionID: 9,
        topics: [
            FetchResponse.Topic(
                name: "t",
                partitions: [
                    FetchResponse.Partition(
                        index: 2,
                        highWatermark: 5,
                        lastStableOffset: 4,
                        abortedTransactions: nil,
                        records: RecordsPayload(["ab", "c"])
                    )
                ]
            )
        ]
    )

    @Test func fetchResponsesHaveTheLayoutOfTheSchema() {
        #expect(
            response(Self.fetch, version: 4)
                == "00000034" + "00000007" + "00000000" + "00000001" + "000174" + "00000001"
                + "00000002" + "0000" + "0000000000000005" + "0000000000000004" + "ffffffff"
                + "00000003" + "616263"
        )
        #expect(
            response(Self.fetch, version: 12)
                == "0000003d" + "00000007" + "00" + "00000000" + "0000" + "00000009"
                + "02" + "0274" + "02"
                + "00000002" + "0000" + "0000000000000005" + "0000000000000004"
                + "ffffffffffffffff" + "00" + "ffffffff" + "04616263" + "00" + "00" + "00"
        )
    }

    @Test func nullableStructuresStandBehindAByte() {
        let none = ConsumerGroupHeartbeatResponse(memberEpoch: 1)
        #expect(
            response(none, version: 0)
                == "00000017" + "00000007" + "00" + "00000000" + "0000" + "00" + "00"
                + "00000001" + "00000000" + "ff" + "00"
        )
        var some = none
        some.assignment = ConsumerGroupHeartbeatResponse.Assignment()
        #expect(response(some, version: 0).hasSuffix("01" + "01" + "00" + "00"))
    }
}

extension FrameTests {
    @Test func recordsAreReadWithoutBeingCopied() throws {
        var writer = KafkaWriter()
        Self.produce.encode(into: &writer, version: 9)
        let frame = writer.joined()
        let records = try ProduceRequest(decoding: frame, version: 9).topics[0].partitions[0]
            .records
        let place = try #require(records).joined.withUnsafeBytes { $0.baseAddress }
        let inFrame = frame.withUnsafeBytes { bytes in
            place.map { bytes.contains(address: $0) } ?? false
        }
        #expect(inFrame)
    }

    @Test func longRecordsAreWrittenWithoutBeingCopied() {
        let long = ByteSlice([UInt8](repeating: 7, count: 4_096))
        var fetch = Self.fetch
        fetch.topics[0].partitions[0].records = RecordsPayload(["stamp", long, "stamp", long])
        var writer = KafkaWriter()
        writer.response(fetch, correlationID: 1, version: 12)
        writer.response(fetch, correlationID: 2, version: 12)
        let count = writer.count
        let slices = writer.take()
        #expect(slices.map(\.count).reduce(0, +) == count)
        #expect(writer.count == 0)
        let addresses = slices.map { $0.withUnsafeBytes { $0.baseAddress } }
        let place = long.withUnsafeBytes { $0.baseAddress }
        #expect(addresses.filter { $0 == place }.count == 4)
        // The second response begins in the slice that the first one ends in.
        #expect(slices.count == 9)
        #expect(ByteReader.size(of: slices[0]) == count / 2 - 4)
    }

    @Test func aWriterServesAgainAfterItsBytesAreTaken() {
        var writer = KafkaWriter()
        for _ in 0..<3 {
            writer.response(Self.fetch, correlationID: 7, version: 4)
            #expect(hex(writer.joined()) == response(Self.fetch, version: 4))
        }
    }

    @Test func unknownTagsAreSteppedOver() throws {
        // Metadata v9: no topics, creation allowed, then two tags that no version has.
        let bytes: [UInt8] = [0, 1, 0, 0, 2, 5, 3, 1, 2, 3, 90, 0]
        #expect(
            try MetadataRequest(decoding: ByteSlice(bytes), version: 9)
                == MetadataRequest(topics: nil)
        )
    }

    @Test func aTagHoldsWhatItsLengthSays() {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]
        bytes += [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
        // Tag 0, the cluster's name, in three bytes that hold a name of one.
        let tags: [UInt8] = [1, 0, 3, 2, 0x61, 0]
        #expect(throws: DecodeError.malformed("1 bytes too many in tag 0")) {
            try FetchRequest(decoding: ByteSlice(bytes + tags), version: 12)
        }
    }

    @Test func nullIsRefusedWhereTheVersionHasNone() {
        #expect(throws: DecodeError.malformed("null where this version has none")) {
            try MetadataRequest(decoding: ByteSlice([0xff, 0xff, 0xff, 0xff]), version: 0)
        }
        #expect(throws: DecodeError.malformed("null where a text is needed")) {
            try FindCoordinatorRequest(decoding: ByteSlice([0xff, 0xff]), version: 0)
        }
        #expect(throws: DecodeError.malformed("a length of -2")) {
            try FindCoordinatorRequest(decoding: ByteSlice([0xff, 0xfe]), version: 0)
        }
    }

    @Test func aStringMustBeUTF8AndATextNeedNotBe() throws {
        let bytes = ByteSlice([0, 1, 0xff])
        #expect(throws: DecodeError.malformed("a string that is not UTF-8")) {
            try SASLHandshakeRequest(decoding: bytes, version: 0)
        }
        #expect(try FindCoordinatorRequest(decoding: bytes, version: 0).key == ByteSlice([0xff]))
    }

    @Test func textsHaveALimitInEveryVersion() {
        var writer = KafkaWriter()
        writer.isFlexible = true
        let long = ByteSlice([UInt8](repeating: 97, count: 40_000))
        writer.bytes(long)
        writer.noTags()
        let bytes = writer.joined()
        #expect(throws: DecodeError.tooLarge("a text of 40000 bytes")) {
            try FindCoordinatorRequest(decoding: bytes, version: 3)
        }
        // What we write ourselves is cut there.
        FindCoordinatorResponse(errorMessage: String(repeating: "a", count: 40_000))
            .encode(into: &writer, version: 1)
        #expect(writer.count == 4 + 2 + 2 + 32_767 + 4 + 2 + 4)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(address: UnsafeRawPointer) -> Bool {
        guard let base = baseAddress else { return false }
        return address >= base && address < base + count
    }
}

extension ByteReader {
    /// What a frame says of its length.
    fileprivate static func size(of frame: ByteSlice) -> Int {
        (0..<4).reduce(0) { $0 << 8 | Int(frame[$1]) }
    }
}
