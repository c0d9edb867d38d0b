import Bytes
import Testing

@testable import HTTP2Wire

@Suite struct ConnectionTests {
    @Test func aServerSaysItsSettingsAndAcknowledgesTheClients() throws {
        let server = ServerUnderTest(opened: false)
        server.say(RawFrame.preface + RawFrame.settings([(3, 100)]))
        let frames = server.frames()
        #expect(frames.map(\.type) == [4, 8, 4])
        #expect(frames.last?.flags == 1)
        server.say(RawFrame.settingsAcknowledgement)
        #expect(server.recorder.events == [.settingsAcknowledged])
    }

    @Test func aUnaryRequestIsTwoEventsAndItsReplyThreeFrames() {
        let server = ServerUnderTest()
        server.recorder.onBody = { stream, bytes, end in
            guard end, case .message(let message) = GRPCMessageReader.whole(bytes, limit: 100)
            else { return }
            server.connection.respondUnary(stream) { $0.raw(message) }
        }
        for stream: UInt32 in [1, 3, 5] {
            server.say(
                RawFrame.headers(stream, RawFrame.unary)
                    + RawFrame.data(stream, RawFrame.message([1, 2, 3]), endStream: true)
            )
            let frames = server.frames()
            #expect(frames.map(\.type) == [1, 0, 1])
            #expect(frames.map(\.flags) == [4, 0, 5])
            #expect(frames[1].payload == RawFrame.message([1, 2, 3]))
            #expect(frames.allSatisfy { $0.stream == stream })
        }
        #expect(server.connection.streamCount == 0)
        #expect(server.recorder.events.count == 6)
    }

    @Test func theSecondReplysHeadersAreThreeBytesOfIndexes() throws {
        let server = ServerUnderTest()
        let decoder = HPACKDecoder()
        var sizes: [[Int]] = []
        for stream: UInt32 in [1, 3, 5] {
            server.say(RawFrame.headers(stream, RawFrame.unary, endStream: true))
            server.connection.respondUnary(StreamID(stream), "x")
            let frames = server.frames()
            try decoder.decode(frames[0].payload)
            #expect(decoder.texts == [":status 200", "content-type application/grpc"])
            try decoder.decode(frames[2].payload)
            #expect(decoder.texts == ["grpc-status 0"])
            sizes.append([frames[0].payload.count, frames[2].payload.count])
        }
        #expect(sizes[1] == [2, 1])
        #expect(sizes[2] == [2, 1])
    }

    @Test func theHeadSaysWhatGRPCNeeds() throws {
        let server = ServerUnderTest()
        server.say(
            RawFrame.headers(
                1,
                RawFrame.unary + [
                    ("grpc-timeout", "250m"), ("grpc-encoding", "gzip"), ("token", "secret"),
                ]
            )
        )
        guard case .request(1, let head) = server.recorder.events.first else {
            Issue.record("no request")
            return
        }
        #expect(head.path == 0)
        #expect(head.method == .post)
        #expect(head.contentType == .grpc)
        #expect(head.timeout == .after(nanoseconds: 250_000_000))
        #expect(head.acceptsTrailers)
        #expect(head.isCompressed)
        #expect(!head.endStream)
        #expect(server.connection.currentHeader("token") == "secret")
        #expect(server.connection.currentHeader("missing") == nil)
        #expect(server.connection.currentHeaders.count == 9)
    }

    @Test func anUnknownPathKeepsItsBytes() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.get, endStream: true))
        guard case .request(1, let head) = server.recorder.events.first else {
            Issue.record("no request")
            return
        }
        #expect(head.path == nil)
        #expect(head.endStream)
        #expect(server.connection.currentHeader(":path") == "/health")
    }

    @Test func aPlainReplyCarriesItsLength() throws {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.get, endStream: true))
        server.connection.respond(
            StreamID(1),
            status: 200,
            [HeaderField("content-type", "application/json")],
            "{}"
        )
        let frames = server.frames()
        let decoder = HPACKDecoder()
        try decoder.decode(frames[0].payload)
        #expect(
            decoder.texts == [":status 200", "content-type application/json", "content-length 2"]
        )
        #expect(frames[1].payload == Array("{}".utf8))
        #expect(frames[1].flags == 1)
    }

    @Test func trailersOnlyCarryStatusAndPercentEncodedMessage() throws {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary, endStream: true))
        server.connection.sendTrailers(StreamID(1), .notFound, "100% müde\n")
        let frames = server.frames()
        #expect(frames.count == 1)
        #expect(frames[0].flags == 5)
        let decoder = HPACKDecoder()
        try decoder.decode(frames[0].payload)
        #expect(
            decoder.texts == [
                ":status 200", "content-type application/grpc", "grpc-status 5",
                "grpc-message 100%25 m%C3%BCde%0A",
            ]
        )
    }

    @Test func anEarlyReplyAsksForNoMoreOfTheRequest() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary))
        server.connection.sendTrailers(StreamID(1), .unimplemented, "unknown method")
        #expect(server.frames().map(\.code) == [nil, 0])
        server.say(RawFrame.data(1, [1, 2, 3], endStream: true))
        server.say(RawFrame.windowUpdate(1, 1) + RawFrame.reset(1))
        #expect(server.frames() == [])
        #expect(!server.connection.isClosed)
    }

    @Test func repliesToAStreamThatIsGoneHaveNoEffect() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary) + RawFrame.reset(1))
        #expect(server.recorder.events.last == .reset(1, .cancel))
        #expect(!server.connection.respondUnary(StreamID(1), "late"))
        #expect(!server.connection.respondUnary(StreamID(9)) { $0.byte(1) })
        #expect(!server.connection.sendTrailers(StreamID(1), .ok))
        #expect(!server.connection.sendMessage(StreamID(1), "late"))
        #expect(!server.connection.isWritable(StreamID(1)))
        #expect(server.frames() == [])
    }

    @Test func aHeaderBlockMayBeCutAndPadded() throws {
        let server = ServerUnderTest()
        let block = RawFrame.block(RawFrame.unary)
        let first = [3] + [0, 0, 0, 0, 15] + Array(block[..<10]) + [0, 0, 0]
        server.say(
            RawFrame.frame(1, 0x28, 1, first)
                + RawFrame.frame(9, 0, 1, Array(block[10..<20]))
                + RawFrame.frame(9, 4, 1, Array(block[20...]))
                + RawFrame.frame(0, 0x9, 1, [2, 7, 8, 9, 0, 0])
        )
        #expect(server.recorder.events.count == 2)
        #expect(server.recorder.events.last == .body(1, [7, 8, 9], end: true))
    }

    @Test func trailersOfARequestEndIt() {
        let server = ServerUnderTest()
        server.say(
            RawFrame.headers(1, RawFrame.unary) + RawFrame.data(1, [1])
                + RawFrame.headers(1, [("checksum", "1")], endStream: true)
        )
        #expect(server.recorder.events.last == .body(1, [], end: true))
        #expect(server.connection.isOpen(StreamID(1)))
    }

    @Test func pingsAreAnsweredAndOursAreReported() {
        let server = ServerUnderTest()
        server.say(RawFrame.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(
            server.frames() == [
                WrittenFrame(type: 6, flags: 1, stream: 0, payload: [1, 2, 3, 4, 5, 6, 7, 8])
            ]
        )
        server.connection.ping(42)
        let ping = server.frames()[0]
        server.say(RawFrame.frame(6, 1, 0, ping.payload))
        #expect(server.recorder.events == [.ping(42)])
    }

    @Test func unknownFramesAndPrioritiesAreIgnored() {
        let server = ServerUnderTest()
        server.say(
            RawFrame.frame(0xa, 0xff, 3, [1, 2, 3]) + RawFrame.frame(2, 0, 5, [0, 0, 0, 0, 1])
                + RawFrame.frame(0x42, 0, 0, [])
        )
        #expect(server.frames() == [])
        #expect(!server.connection.isClosed)
    }

    @Test func aGracefulEndLetsStreamsFinishAndIgnoresLaterOnes() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary))
        server.connection.beginShutdown()
        let announced = server.frames()
        #expect(announced.map(\.type) == [7, 6])
        server.say(RawFrame.headers(3, RawFrame.unary, endStream: true))
        server.say(RawFrame.frame(6, 1, 0, announced[1].payload))
        let last = server.frames()
        #expect(last.map(\.type) == [7])
        #expect(last[0].payload.prefix(4) == [0, 0, 0, 3])
        server.say(RawFrame.headers(5, RawFrame.unary) + RawFrame.data(5, [1], endStream: true))
        #expect(!server.connection.isOpen(StreamID(5)))
        server.connection.respondUnary(StreamID(3), "x")
        #expect(!server.connection.isDrained)
        server.say(RawFrame.data(1, [], endStream: true))
        server.connection.respondUnary(StreamID(1), "x")
        #expect(server.connection.isDrained)
        #expect(!server.connection.isClosed)
    }

    @Test func aLaterGoAwayNeverNamesMoreStreamsThanTheFirst() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary))
        server.connection.finishShutdown()
        server.say(RawFrame.headers(3, RawFrame.unary) + RawFrame.data(0, []))
        let last = server.frames().filter { $0.type == 7 }.map { $0.payload.prefix(4) }
        #expect(last == [[0, 0, 0, 1], [0, 0, 0, 1]])
    }

    @Test func aPathOfHPACKsStaticTableHasItsNumber() {
        let connection = HTTP2Connection(role: .server, paths: PathTable(["/a", "/index.html"]))
        let recorder = Recorder()
        connection.receive(
            RawFrame.preface + RawFrame.settings() + RawFrame.frame(1, 5, 1, [0x82, 0x85, 0x86]),
            into: recorder
        )
        guard case .request(1, let head) = recorder.events.first else {
            Issue.record("no request")
            return
        }
        #expect(head.path == 1)
        #expect(head.method == .get)
    }

    @Test func goAwayEndsAtOnceAndSaysWhy() {
        let server = ServerUnderTest()
        server.say(RawFrame.headers(1, RawFrame.unary))
        server.connection.goAway(.enhanceYourCalm, "enough")
        let frames = server.frames()
        #expect(frames.map(\.code) == [0xb])
        #expect(frames[0].payload.suffix(6) == Array("enough".utf8))
        #expect(server.connection.isClosed)
        server.say(RawFrame.headers(3, RawFrame.unary))
        #expect(server.frames() == [])
    }

    @Test func streamsBeyondTheLimitAreRefused() {
        var settings = HTTP2Settings()
        settings.concurrentStreams = 2
        let server = ServerUnderTest(settings)
        for stream: UInt32 in [1, 3, 5] { server.say(RawFrame.headers(stream, RawFrame.unary)) }
        #expect(server.frames().map(\.code) == [7])
        #expect(server.connection.streamCount == 2)
        server.say(RawFrame.data(5, [1], endStream: true))
        #expect(server.frames() == [])
    }

    @Test func tagsStayWithTheirStreams() {
        let server = ServerUnderTest()
        for number: UInt32 in 0..<100 {
            server.say(RawFrame.headers(2 * number + 1, RawFrame.unary))
            server.connection.setTag(UInt64(number), of: StreamID(2 * number + 1))
        }
        for number: UInt32 in 0..<100 where number % 3 == 0 {
            server.say(RawFrame.reset(2 * number + 1))
        }
        for number: UInt32 in 0..<100 {
            let tag = server.connection.tag(of: StreamID(2 * number + 1))
            #expect(tag == (number % 3 == 0 ? 0 : UInt64(number)))
        }
    }

    @Test func theFirstBytesTellTheProtocol() {
        func sniff(_ text: String) -> SniffedProtocol {
            Array(text.utf8).withUnsafeBytes { HTTP2Connection.sniff($0) }
        }
        #expect(sniff("") == .undecided)
        #expect(sniff("PRI * HT") == .undecided)
        #expect(sniff("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .http2)
        #expect(sniff("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0") == .http2)
        #expect(sniff("GET /health HTTP/1.1\r\n") == .http1)
        #expect(sniff("P") == .undecided)
        #expect(sniff("PUT /") == .http1)
    }
}
