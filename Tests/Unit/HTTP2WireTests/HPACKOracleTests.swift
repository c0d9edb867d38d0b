import Bytes
import NIOCore
import NIOHPACK
import Testing

@testable import HTTP2Wire

/// Our HPACK against swift-nio-http2's, in both directions, over long conversations.
@Suite struct HPACKOracleTests {
    private func randomFields(_ random: inout SeededGenerator) -> [(String, String)] {
        let names = [
            ":path", ":method", ":authority", "content-type", "grpc-timeout", "user-agent",
            "x-trace-id", "token", "cookie", "accept",
        ]
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789/.-_:;=!~^|<>{}ABC ")
        return (0..<Int.random(in: 0...12, using: &random)).map { _ in
            let name = names.randomElement(using: &random) ?? "a"
            let length = [0, 3, 8, 30, 300, 5_000].randomElement(using: &random) ?? 0
            let value = (0..<Int.random(in: 0...length, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? "a"
            }
            let known = ["POST", "GET", "/", "application/grpc", "trailers"]
            let isKnown = Bool.random(using: &random)
            return (name, isKnown ? known.randomElement(using: &random) ?? "" : String(value))
        }
    }

    @Test(arguments: 1...8)
    func whatNIOEncodesWeDecode(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoder = NIOHPACK.HPACKEncoder(
            allocator: ByteBufferAllocator(),
            useHuffmanEncoding: seed % 2 == 0
        )
        let decoder = HTTP2Wire.HPACKDecoder(listBytesMax: 1 << 20)
        for _ in 0..<300 {
            let fields = randomFields(&random)
            var headers = HPACKHeaders()
            for (name, value) in fields {
                let indexing: HPACKIndexing =
                    [.indexable, .nonIndexable, .neverIndexed].randomElement(using: &random)
                    ?? .indexable
                headers.add(name: name, value: value, indexing: indexing)
            }
            var buffer = ByteBuffer()
            try encoder.encode(headers: headers, to: &buffer)
            try decoder.decode(Array(buffer.readableBytesView))
            #expect(decoder.texts == fields.map { "\($0) \($1)" })
        }
    }

    @Test(arguments: 1...8)
    func whatWeEncodeNIODecodes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoder = HTTP2Wire.HPACKEncoder()
        var decoder = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
        decoder.maxHeaderListSize = 1 << 20
        for round in 0..<300 {
            if round % 40 == 39 {
                encoder.limitTable(to: Int.random(in: 0...4_096, using: &random))
            }
            let fields = randomFields(&random)
            var block: [UInt8] = []
            encoder.begin(into: &block)
            for (name, value) in fields {
                let indexing: HTTP2Wire.HPACKEncoder.Indexing =
                    [.incremental, .incremental, .none, .never].randomElement(using: &random)
                    ?? .none
                let field = HeaderField(ByteSlice(name), ByteSlice(value))
                encoder.encode(field, indexing, into: &block)
            }
            var buffer = ByteBuffer(bytes: block)
            let decoded = try decoder.decodeHeaders(from: &buffer)
            #expect(decoded.map { "\($0.name) \($0.value)" } == fields.map { "\($0) \($1)" })
        }
    }

    /// On random bytes: what NIO takes we take, with the same meaning.
    ///
    /// We may be stricter (a limit of integers, a size update amid fields), not laxer.
    @Test(arguments: 1...4)
    func onGarbageWeAreNotLaxer(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let count = Int.random(in: 1...40, using: &random)
            let block = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let ours = HTTP2Wire.HPACKDecoder()
            var theirs = NIOHPACK.HPACKDecoder(allocator: ByteBufferAllocator())
            var buffer = ByteBuffer(bytes: block)
            guard (try? ours.decode(block)) != nil else { continue }
            let decoded = try? theirs.decodeHeaders(from: &buffer)
            if let decoded {
                #expect(
                    decoded.map { Array($0.name.utf8) + [0] + Array($0.value.utf8) }
                        == ours.fields.map {
                            Array(ours.name(of: $0).text.utf8) + [0]
                                + Array(ours.value(of: $0).text.utf8)
                        }
                )
            } else {
                // NIO refuses header blocks without names, which for us is the message's fault.
                #expect(ours.fields.contains { $0.nameLength == 0 || $0.isMalformed }, "\(block)")
            }
        }
    }
}
