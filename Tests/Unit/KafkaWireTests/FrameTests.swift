import Bytes
import Testing

@testable import KafkaWire

/// What is copied, what is refused, and how writers and tags behave.
@Suite struct FrameTests {
    @Test func recordsAreReadWithoutBeingCopied() throws {
        var writer = KafkaWriter()
        LayoutTests.produce.encode(into: &writer, version: 9)
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
        var fetch = LayoutTests.fetch
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
        var written: Set<ByteSlice> = []
        for _ in 0..<3 {
            writer.response(LayoutTests.fetch, correlationID: 7, version: 4)
            written.insert(writer.joined())
        }
        #expect(written.map(\.count) == [4 + 0x34])
    }

    @Test func emptyStructuresDoNotFillTheMemory() {
        func topics(_ count: Int) -> ByteSlice {
            var writer = KafkaWriter()
            DescribeTopicPartitionsRequest(
                topics: [DescribeTopicPartitionsRequest.Topic](
                    repeating: DescribeTopicPartitionsRequest.Topic(),
                    count: count
                )
            )
            .encode(into: &writer, version: 0)
            return writer.joined()
        }
        #expect(throws: Never.self) {
            try DescribeTopicPartitionsRequest(decoding: topics(1 << 20), version: 0)
        }
        #expect(throws: DecodeError.tooLarge("more than 1048576 structures in a message")) {
            try DescribeTopicPartitionsRequest(decoding: topics(1 << 20 + 1), version: 0)
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
