import Bytes
import Testing

@testable import HTTP2Wire

/// What RFC 9113 calls an error, and whose end it is.
@Suite struct BrokenRulesTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var what: String
        var bytes: [UInt8]
        var code: HTTP2ErrorCode
        var testDescription: String { what }

        init(_ what: String, _ code: HTTP2ErrorCode, _ bytes: [UInt8]) {
            self.what = what
            self.code = code
            self.bytes = bytes
        }
    }

    private static let open = RawFrame.headers(1, RawFrame.unary)
    private static let ended = RawFrame.headers(1, RawFrame.unary, endStream: true)

    static let connectionFaults = [
        Fault("DATA without a stream", .protocolError, RawFrame.data(0, [1])),
        Fault("DATA on an idle stream", .protocolError, RawFrame.data(1, [1])),
        Fault("DATA on a stream of ours", .protocolError, RawFrame.data(2, [1])),
        Fault("HEADERS without a stream", .protocolError, RawFrame.headers(0, RawFrame.unary)),
        Fault("HEADERS on an even stream", .protocolError, RawFrame.headers(2, RawFrame.unary)),
        Fault(
            "HEADERS below the last stream",
            .streamClosed,
            RawFrame.headers(5, RawFrame.unary) + RawFrame.headers(3, RawFrame.unary)
        ),
        Fault("padding beyond DATA", .protocolError, open + RawFrame.frame(0, 8, 1, [4, 1, 2, 3])),
        Fault("no length of padding", .frameSizeError, open + RawFrame.frame(0, 8, 1, [])),
        Fault("padding beyond HEADERS", .protocolError, RawFrame.frame(1, 0xc, 1, [9, 0x82])),
        Fault("priority beyond HEADERS", .frameSizeError, RawFrame.frame(1, 0x24, 1, [0, 0])),
        Fault("CONTINUATION alone", .protocolError, RawFrame.frame(9, 4, 1, [0x82])),
        Fault(
            "a block interrupted",
            .protocolError,
            RawFrame.frame(1, 0, 1, [0x82])
                + RawFrame.frame(6, 0, 0, [UInt8](repeating: 0, count: 8))
        ),
        Fault(
            "a block interrupted by an unknown frame",
            .protocolError,
            RawFrame.frame(1, 0, 1, [0x82]) + RawFrame.frame(0x77, 0, 0, [])
        ),
        Fault(
            "a block continued on another stream",
            .protocolError,
            RawFrame.frame(1, 0, 1, [0x82]) + RawFrame.frame(9, 4, 3, [0x82])
        ),
        Fault("no HPACK", .compressionError, RawFrame.frame(1, 5, 1, [0x80])),
        Fault("SETTINGS on a stream", .protocolError, RawFrame.frame(4, 0, 1, [])),
        Fault("SETTINGS of odd length", .frameSizeError, RawFrame.frame(4, 0, 0, [1, 2, 3])),
        Fault("an acknowledgement with SETTINGS", .frameSizeError, RawFrame.frame(4, 1, 0, [0])),
        Fault("ENABLE_PUSH 2", .protocolError, RawFrame.settings([(2, 2)])),
        Fault("a window of 2^31", .flowControlError, RawFrame.settings([(4, 0x8000_0000)])),
        Fault("frames of 16383", .protocolError, RawFrame.settings([(5, 16_383)])),
        Fault("frames of 2^24", .protocolError, RawFrame.settings([(5, 0x100_0000)])),
        Fault(
            "a stream's window overflows by SETTINGS",
            .flowControlError,
            open + RawFrame.windowUpdate(1, 0x7fff_0000) + RawFrame.settings([(4, 0x7fff_ffff)])
        ),
        Fault("PING of 7", .frameSizeError, RawFrame.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7])),
        Fault(
            "PING on a stream",
            .protocolError,
            RawFrame.frame(6, 0, 1, [1, 2, 3, 4, 5, 6, 7, 8])
        ),
        Fault("RST_STREAM of 3", .frameSizeError, open + RawFrame.frame(3, 0, 1, [0, 0, 0])),
        Fault("RST_STREAM on an idle stream", .protocolError, RawFrame.reset(7)),
        Fault("RST_STREAM without a stream", .protocolError, RawFrame.reset(0)),
        Fault("WINDOW_UPDATE of 3", .frameSizeError, RawFrame.frame(8, 0, 0, [0, 0, 1])),
        Fault("WINDOW_UPDATE by 0", .protocolError, RawFrame.windowUpdate(0, 0)),
        Fault("WINDOW_UPDATE on an idle stream", .protocolError, RawFrame.windowUpdate(9, 1)),
        Fault(
            "the connection's window overflows",
            .flowControlError,
            RawFrame.windowUpdate(0, 0x7fff_ffff)
        ),
        Fault("PUSH_PROMISE", .protocolError, RawFrame.frame(5, 4, 1, [0, 0, 0, 2])),
        Fault("PRIORITY of 4", .frameSizeError, RawFrame.frame(2, 0, 1, [0, 0, 0, 0])),
        Fault(
            "PRIORITY without a stream",
            .protocolError,
            RawFrame.frame(2, 0, 0, [0, 0, 0, 0, 0])
        ),
        Fault("GOAWAY of 7", .frameSizeError, RawFrame.frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0])),
        Fault(
            "GOAWAY on a stream",
            .protocolError,
            RawFrame.frame(7, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0])
        ),
        Fault("a frame too long", .frameSizeError, [0x00, 0x40, 0x01, 0, 0, 0, 0, 0, 1]),
    ]

    @Test(arguments: connectionFaults)
    func theConnectionFails(fault: Fault) {
        let server = ServerUnderTest()
        server.say(fault.bytes)
        #expect(server.failureCode == fault.code)
        #expect(server.connection.isClosed)
        let frames = server.frames()
        #expect(frames.last?.type == 7)
        #expect(frames.last?.code == fault.code.rawValue)
    }

    static let streamFaults = [
        Fault("DATA after the end", .streamClosed, ended + RawFrame.data(1, [1])),
        Fault("HEADERS after the end", .streamClosed, ended + ended),
        Fault("WINDOW_UPDATE by 0", .protocolError, open + RawFrame.windowUpdate(1, 0)),
        Fault(
            "the window overflows",
            .flowControlError,
            open + RawFrame.windowUpdate(1, 0x7fff_ffff)
        ),
        Fault("trailers that do not end", .protocolError, open + open),
        Fault(
            "trailers with a pseudo-header",
            .protocolError,
            open + RawFrame.headers(1, [(":path", "/")], endStream: true)
        ),
        request("no path", [(":method", "GET"), (":scheme", "http")]),
        request("no method", [(":path", "/"), (":scheme", "http")]),
        request("no scheme", [(":path", "/"), (":method", "GET")]),
        request("an empty path", [(":method", "GET"), (":scheme", "http"), (":path", "")]),
        request("a relative path", [(":method", "GET"), (":scheme", "http"), (":path", "a")]),
        request("a path with LF", [(":method", "GET"), (":scheme", "http"), (":path", "/a\nb")]),
        request("a path twice", RawFrame.get + [(":path", "/")]),
        request("an unknown pseudo-header", RawFrame.get + [(":protocol", "x")]),
        request("a response's pseudo-header", RawFrame.get + [(":status", "200")]),
        request("a pseudo-header too late", [("a", "b")] + RawFrame.get),
        request("an upper-case name", RawFrame.get + [("Token", "x")]),
        request("an empty name", RawFrame.get + [("", "x")]),
        request("a name with a space", RawFrame.get + [("a b", "x")]),
        request("a value with NUL", RawFrame.get + [("a", "x\0y")]),
        request("a value with CR", RawFrame.get + [("a", "x\ry")]),
        request("a value that starts with a space", RawFrame.get + [("a", " x")]),
        request("connection", RawFrame.get + [("connection", "close")]),
        request("transfer-encoding", RawFrame.get + [("transfer-encoding", "chunked")]),
        request("upgrade", RawFrame.get + [("upgrade", "h2c")]),
        request("keep-alive", RawFrame.get + [("keep-alive", "1")]),
        request("proxy-connection", RawFrame.get + [("proxy-connection", "x")]),
        request("te: gzip", RawFrame.get + [("te", "gzip")]),
        request("no number of content-length", RawFrame.get + [("content-length", "+1")]),
        request(
            "two lengths",
            RawFrame.get + [("content-length", "1"), ("content-length", "2")]
        ),
        request("a length without a body", RawFrame.get + [("content-length", "1")]),
        Fault("too long a body", .protocolError, sized(2) + RawFrame.data(1, [1, 2, 3])),
        Fault(
            "too short a body",
            .protocolError,
            sized(2) + RawFrame.data(1, [1], endStream: true)
        ),
        Fault(
            "too short a body before trailers",
            .protocolError,
            sized(2) + RawFrame.headers(1, [("a", "b")], endStream: true)
        ),
    ]

    private static func sized(_ length: Int) -> [UInt8] {
        RawFrame.headers(1, RawFrame.unary + [("content-length", "\(length)")])
    }

    private static func request(_ what: String, _ fields: [(String, String)]) -> Fault {
        Fault(what, .protocolError, RawFrame.headers(1, fields, endStream: true))
    }

    @Test(arguments: streamFaults)
    func onlyTheStreamEnds(fault: Fault) {
        let server = ServerUnderTest()
        server.say(fault.bytes)
        #expect(server.recorder.failure == nil)
        #expect(server.frames().filter { $0.type == 3 }.map(\.code) == [fault.code.rawValue])
        #expect(!server.connection.isOpen(StreamID(1)))
        server.say(RawFrame.headers(3, RawFrame.unary))
        #expect(server.connection.isOpen(StreamID(3)))
    }

    @Test func aPrefaceThatIsNotHTTP2sFailsAtItsFirstWrongByte() {
        let server = ServerUnderTest(opened: false)
        server.say(Array("GET".utf8))
        #expect(server.failureCode == .protocolError)
    }

    @Test func theFirstFrameMustBeSettings() {
        let server = ServerUnderTest(opened: false)
        server.say(RawFrame.preface + RawFrame.headers(1, RawFrame.unary))
        #expect(server.failureCode == .protocolError)
    }

    @Test func tooManyHeadersAreAnsweredNotPunished() throws {
        var settings = HTTP2Settings()
        settings.headerListBytesMax = 1_000
        let server = ServerUnderTest(settings)
        let value = String(repeating: "x", count: 900)
        server.say(RawFrame.headers(1, RawFrame.unary + [("a", value)], endStream: true))
        let decoder = HPACKDecoder()
        let frames = server.frames()
        try decoder.decode(frames[0].payload)
        #expect(decoder.texts.first == ":status 431")
        #expect(server.recorder.events == [])
        #expect(server.connection.streamCount == 0)
    }

    @Test func theWindowOfAStreamIsKept() {
        var settings = HTTP2Settings()
        settings.streamWindowBytes = 10
        let server = ServerUnderTest(settings)
        server.say(RawFrame.headers(1, RawFrame.unary) + RawFrame.data(1, [1, 2, 3, 4]))
        #expect(server.frames() == [])
        server.say(RawFrame.data(1, [5]))
        #expect(server.frames().map(\.type) == [8])
        server.say(RawFrame.data(1, [UInt8](repeating: 0, count: 11)))
        #expect(server.recorder.events.last == .reset(1, .flowControlError))
    }
}
