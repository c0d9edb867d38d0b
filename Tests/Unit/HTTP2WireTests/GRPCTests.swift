import Bytes
import Testing

@testable import HTTP2Wire

@Suite struct GRPCTests {
    private func messages(
        _ parts: [[UInt8]],
        limit: Int = 1_000
    ) throws(GRPCFramingError) -> [[UInt8]] {
        var reader = GRPCMessageReader(limit: limit)
        var messages: [[UInt8]] = []
        for part in parts {
            try part.withUnsafeBufferPointer { bytes throws(GRPCFramingError) in
                try reader.receive(UnsafeRawBufferPointer(bytes)) { messages.append(Array($0)) }
            }
        }
        try reader.finish()
        return messages
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 100])
    func messagesAreFoundHoweverTheBodyIsCut(size: Int) throws {
        let expected: [[UInt8]] = [[1, 2, 3], [], [4], [UInt8](repeating: 9, count: 300)]
        let body = expected.flatMap(RawFrame.message)
        let parts = stride(from: 0, to: body.count, by: size).map {
            Array(body[$0..<min($0 + size, body.count)])
        }
        #expect(try messages(parts) == expected)
    }

    @Test func aMessageTooLargeIsRefusedInGRPCGosWords() {
        let error = GRPCFramingError.tooLarge(length: 1_001, limit: 1_000)
        #expect(throws: error) { try messages([[0, 0, 0, 3, 0xe9]]) }
        #expect(throws: error) { try messages([[0, 0], [0, 3, 0xe9, 1]]) }
        #expect(error.message == "grpc: received message larger than max (1001 vs. 1000)")
        #expect(error.status == .resourceExhausted)
        #expect(throws: GRPCFramingError.tooLarge(length: 0xffff_ffff, limit: 1_000)) {
            try messages([[0, 0xff, 0xff, 0xff, 0xff]])
        }
    }

    @Test func compressedUnknownAndUnfinishedMessagesAreRefused() {
        #expect(throws: GRPCFramingError.compressed) { try messages([[1, 0, 0, 0, 0]]) }
        #expect(throws: GRPCFramingError.unknownFlag(7)) { try messages([[7, 0, 0, 0, 0]]) }
        #expect(throws: GRPCFramingError.endsEarly) { try messages([[0, 0, 0, 0, 2, 1]]) }
    }

    @Test func aWholeBodyIsPassedOnWhereItLies() {
        RawFrame.message([1, 2]).withUnsafeBytes { bytes in
            guard case .message(let message) = GRPCMessageReader.whole(bytes, limit: 2) else {
                Issue.record("not whole")
                return
            }
            #expect(message.baseAddress == bytes.baseAddress.map { $0 + 5 })
            #expect(message.count == 2)
        }
        (RawFrame.message([1]) + RawFrame.message([2])).withUnsafeBytes { bytes in
            guard case .severalParts = GRPCMessageReader.whole(bytes, limit: 2) else {
                Issue.record("taken for one")
                return
            }
        }
        RawFrame.message([1, 2, 3]).withUnsafeBytes { bytes in
            guard case .malformed(.tooLarge(3, 2)) = GRPCMessageReader.whole(bytes, limit: 2)
            else {
                Issue.record("not refused")
                return
            }
        }
    }

    @Test(arguments: [
        ("1H", GRPCTimeout.after(nanoseconds: 3_600_000_000_000)),
        ("99999999n", .after(nanoseconds: 99_999_999)), ("5S", .after(nanoseconds: 5_000_000_000)),
        ("99999999H", .after(nanoseconds: .max)), ("0m", .after(nanoseconds: 0)),
        ("", .malformed), ("m", .malformed), ("5", .malformed), ("-5m", .malformed),
        ("100000000n", .malformed), ("5x", .malformed), ("1e3m", .malformed),
    ])
    func timeouts(text: String, timeout: GRPCTimeout) {
        #expect(Array(text.utf8).withUnsafeBytes { GRPCTimeout(decoding: $0) } == timeout)
    }

    @Test func timeoutsAreRoundedUpToEightDigits() {
        #expect(GRPCTimeout.text(nanoseconds: 99_999_999) == "99999999n")
        #expect(GRPCTimeout.text(nanoseconds: 100_000_001) == "100001u")
        #expect(GRPCTimeout.text(nanoseconds: 5_000_000_000) == "5000000u")
        #expect(GRPCTimeout.text(nanoseconds: .max).last == "H")
    }

    @Test(arguments: ["", "plain", "100 %", " spaces ", "tab\tnul\0", "müde ☕", "%41"])
    func anyTextSurvivesPercentEncoding(text: String) {
        let encoded = PercentEncoding.encode(text)
        #expect(encoded.withUnsafeBytes { HeaderRules.isValid(value: $0) })
        #expect(encoded.withUnsafeBytes { PercentEncoding.decode($0) } == text)
    }

    @Test func brokenEscapesStayAsTheyAre() {
        for text in ["%", "%4", "%zz", "a%4"] {
            #expect(Array(text.utf8).withUnsafeBytes { PercentEncoding.decode($0) } == text)
        }
    }

    @Test func pathsAreNumberedInTheirOrder() {
        let paths = (0..<100).map { "/package.Service/Method\($0)" }
        let table = PathTable(paths)
        for (number, path) in paths.enumerated() {
            #expect(Array(path.utf8).withUnsafeBytes { table.number(of: $0) } == number)
        }
        for path in ["", "/", "/package.Service/Method", "/package.Service/Method100"] {
            #expect(Array(path.utf8).withUnsafeBytes { table.number(of: $0) } == nil)
        }
    }
}
