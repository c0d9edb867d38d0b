import Bytes
import Testing

@testable import HTTP2Wire

/// RFC 7541, appendix C.
@Suite struct HPACKTests {
    private static let plainRequests = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ]
    private static let huffmanRequests = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ]
    private static let requests = [
        [":method GET", ":scheme http", ":path /", ":authority www.example.com"],
        [
            ":method GET", ":scheme http", ":path /", ":authority www.example.com",
            "cache-control no-cache",
        ],
        [
            ":method GET", ":scheme https", ":path /index.html", ":authority www.example.com",
            "custom-key custom-value",
        ],
    ]

    @Test(arguments: [plainRequests, huffmanRequests])
    func theRequestsOfTheAppendixDecode(blocks: [String]) throws {
        let decoder = HPACKDecoder()
        for (block, request) in zip(blocks, Self.requests) {
            try decoder.decode(hex(block))
            #expect(decoder.texts == request)
        }
    }

    @Test func aLiteralWithoutIndexAndANeverIndexedOneLeaveTheTableAlone() throws {
        let decoder = HPACKDecoder()
        try decoder.decode(hex("040c 2f73 616d 706c 652f 7061 7468"))
        #expect(decoder.texts == [":path /sample/path"])
        try decoder.decode(hex("1008 7061 7373 776f 7264 0673 6563 7265 74"))
        #expect(decoder.texts == ["password secret"])
        #expect(throws: HPACKError.unknownIndex(62)) { try decoder.decode(hex("be")) }
    }

    @Test func aPathThatComesAgainIsTakenFromMemoryAndAnotherIsNot() throws {
        let decoder = HPACKDecoder(paths: PathTable(["/sample/path", "/sample/pith"]))
        for _ in 0..<1_000 {
            try decoder.decode(hex("040c 2f73 616d 706c 652f 7061 7468"))
            #expect(decoder.texts == [":path /sample/path"])
            #expect(decoder.fields.first?.number == 0)
        }
        try decoder.decode(hex("040c 2f73 616d 706c 652f 7069 7468"))
        #expect(decoder.texts == [":path /sample/pith"])
        #expect(decoder.fields.first?.number == 1)
        // What is malformed stays so, and bytes that end too early are not the path.
        for _ in 0..<2 {
            try decoder.decode(hex("0402 2f20"))
            #expect(decoder.fields.first?.isMalformed == true)
        }
        #expect(throws: HPACKError.truncated) { try decoder.decode(hex("0402 2f")) }
    }

    @Test func aBlockThatComesAgainSaysTheSameUntilTheTableHasChanged() throws {
        let decoder = HPACKDecoder()
        try decoder.decode(hex("400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"))
        for _ in 0..<1_000 {
            try decoder.decode(hex("be"))
            #expect(decoder.texts == ["custom-key custom-value"])
        }
        // The same index is another entry from here on, and then none.
        try decoder.decode(hex("4003 6b65 7901 31"))
        try decoder.decode(hex("be"))
        #expect(decoder.texts == ["key 1"])
        try decoder.decode(hex("20"))
        #expect(throws: HPACKError.unknownIndex(62)) { try decoder.decode(hex("be")) }
        // A block that inserts does so each time.
        for count in 1...3 {
            try decoder.decode(hex("3f e11f 4003 6b65 7901 31"))
            try decoder.decode(hex(String(repeating: "be", count: count)))
            #expect(decoder.texts.count == count)
            let oldest = String(UInt8(0xbd + count), radix: 16)
            try decoder.decode(hex(oldest))
            #expect(decoder.texts == ["key 1"])
        }
    }

    @Test func aRepeatedBlockIsTheSameRequestAndAnotherIsNot() throws {
        let decoder = HPACKDecoder(paths: PathTable(["/a", "/b"]))
        let call = "8386 0402 2f61", other = "8386 0402 2f62", malformed = "8386 0402 2f20"
        for block in [call, call, other, other, call, malformed, malformed, call] {
            try decoder.decode(hex(block))
            let path = decoder.request()?.path
            #expect(path == (block == call ? 0 : block == other ? 1 : nil))
            #expect((decoder.request() == nil) == (block == malformed))
        }
    }

    /// C.5 and C.6, with a table of 256 bytes, so that entries are evicted.
    @Test(arguments: [
        [
            "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032"
                + "303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65"
                + "2e63 6f6d",
            "4803 3330 37c1 c0bf",
            "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0"
                + "5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541"
                + "5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
        ],
        [
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b"
                + "ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
            "4883 640e ffc1 c0bf",
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad"
                + "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587"
                + "3160 65c0 03ed 4ee5 b106 3d50 07",
        ],
    ])
    func theResponsesOfTheAppendixDecodeInASmallTable(blocks: [String]) throws {
        let decoder = HPACKDecoder()
        try decoder.decode(hex("3fe101"))
        try decoder.decode(hex(blocks[0]))
        #expect(
            decoder.texts == [
                ":status 302", "cache-control private", "date Mon, 21 Oct 2013 20:13:21 GMT",
                "location https://www.example.com",
            ]
        )
        try decoder.decode(hex(blocks[1]))
        #expect(decoder.texts.first == ":status 307")
        #expect(decoder.texts.last == "location https://www.example.com")
        try decoder.decode(hex(blocks[2]))
        #expect(
            decoder.texts == [
                ":status 200", "cache-control private", "date Mon, 21 Oct 2013 20:13:22 GMT",
                "location https://www.example.com", "content-encoding gzip",
                "set-cookie foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]
        )
    }

    @Test func theEncoderWritesTheAppendixsHuffmanRequests() {
        var encoder = HPACKEncoder()
        for (block, request) in zip(Self.huffmanRequests, Self.requests) {
            var output: [UInt8] = []
            encoder.begin(into: &output)
            for text in request { encoder.encode(field(text), .incremental, into: &output) }
            #expect(output == hex(block))
        }
    }

    @Test(arguments: [
        ("7f", HPACKError.truncated), ("80", .unknownIndex(0)),
        ("ffffffffffffff01", .integerTooLarge),
        ("4083", .truncated), ("40 01 61 7f ff ff ff ff 07", .truncated),
        ("82 3f e1 01", .misplacedSizeUpdate), ("3f e2 1f", .tableTooLarge(4_097)),
        ("00 81 00", .malformedHuffman), ("00 84 ff ff ff ff 00", .malformedHuffman),
        ("00 82 1f ff 00", .malformedHuffman),
    ])
    func brokenBlocksAreRefused(block: String, error: HPACKError) {
        let decoder = HPACKDecoder()
        #expect(throws: error) { try decoder.decode(hex(block)) }
    }

    @Test func everyByteSurvivesTheHuffmanCode() {
        var random = SeededGenerator(seed: 7)
        for length in 0..<600 {
            let text = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var encoded: [UInt8] = []
            var decoded: [UInt8] = []
            text.withUnsafeBytes { HuffmanCode.standard.encode($0, into: &encoded) }
            #expect(
                encoded.withUnsafeBytes { HuffmanCode.standard.decode($0, into: &decoded) }
            )
            #expect(decoded == text)
        }
    }

    @Test func aBombOfIndexesExpandsToNothing() throws {
        let decoder = HPACKDecoder(listBytesMax: 64 << 10)
        let value = [UInt8](repeating: 0x61, count: 4_000)
        try decoder.decode([0x40, 0x01, 0x78, 0x7f, 0xa1, 0x1e] + value)
        #expect(decoder.fields.first?.valueLength == 4_000)
        try decoder.decode([UInt8](repeating: 0xbe, count: 16_000))
        #expect(decoder.isListTooLarge)
        #expect(decoder.fields.count <= 16)
    }

    @Test func anEntryEvictedByTheSameBlockStaysReadable() throws {
        let decoder = HPACKDecoder()
        try decoder.decode([0x40, 0x01, 0x61, 0x01, 0x62])
        let value = [UInt8](repeating: 0x63, count: 4_000)
        try decoder.decode([0xbe, 0x40, 0x01, 0x78, 0x7f, 0xa1, 0x1e] + value)
        #expect(decoder.texts.first == "a b")
    }

    @Test func manyInsertionsKeepTheTableRightThroughCompaction() throws {
        let decoder = HPACKDecoder()
        var encoder = HPACKEncoder()
        for number in 0..<2_000 {
            var block: [UInt8] = []
            encoder.begin(into: &block)
            encoder.encode(field("grpc-timeout \(number)m"), .incremental, into: &block)
            encoder.encode(field("user-agent martlet"), .incremental, into: &block)
            try decoder.decode(block)
            #expect(decoder.texts == ["grpc-timeout \(number)m", "user-agent martlet"])
        }
    }

    @Test func aSmallerTableIsAnnouncedBeforeTheNextBlock() throws {
        let decoder = HPACKDecoder()
        var encoder = HPACKEncoder()
        var block: [UInt8] = []
        encoder.encode(field("a b"), .incremental, into: &block)
        try decoder.decode(block)
        encoder.limitTable(to: 0)
        encoder.limitTable(to: 100)
        block = []
        encoder.begin(into: &block)
        #expect(block == hex("20 3f 45"))
        encoder.encode(field("a b"), .incremental, into: &block)
        try decoder.decode(block)
        #expect(decoder.texts == ["a b"])
        #expect(throws: HPACKError.unknownIndex(63)) { try decoder.decode(hex("bf")) }
    }
}

private func field(_ text: String) -> HeaderField {
    let parts = text.split(separator: " ", maxSplits: 1)
    return HeaderField(ByteSlice(String(parts[0])), ByteSlice(String(parts[1])))
}

extension HTTP2Wire.HPACKDecoder {
    func decode(_ block: [UInt8]) throws(HPACKError) {
        try block.withUnsafeBufferPointer { bytes throws(HPACKError) in
            try decode(UnsafeRawBufferPointer(bytes))
        }
    }

    var texts: [String] { fields.map { "\(name(of: $0)) \(value(of: $0))" } }
}
