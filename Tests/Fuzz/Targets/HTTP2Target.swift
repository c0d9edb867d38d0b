import Bytes

@testable import HTTP2Wire

/// A whole connection of HTTP/2, fed in fragments.
extension FuzzTarget {
    static func http2(_ role: HTTP2Connection.Role, _ input: ByteSlice, _ run: FuzzRun) {
        let whole = Conversation(role)
        run.decoding { whole.hear(input) }
        let pieces = Conversation(role)
        for place in 0..<input.count { pieces.hear(input[place..<place + 1]) }
        run.expect(whole.events == pieces.events, "fragments changed what a client said")
        run.expect(whole.output == pieces.output, "fragments changed what a client is told")
        for conversation in [whole, pieces] {
            run.expect(
                conversation.connection.pending.count <= Limits.frameBytesMax + 9,
                "more than a frame is held"
            )
        }
    }

    /// Frames behind the opening of a connection, which every input has.
    static func serverSamples() -> [ByteSlice] {
        let client = HTTP2Connection(role: .client)
        _ = client.takeOutput()
        var request = OutgoingRequest(path: "/etcdserverpb.KV/Range", authority: "localhost")
        request.timeoutNanoseconds = 5_000_000_000
        let first = client.startRequest(request)
        if let first { client.finishRequest(first, "\u{a}\u{1}a") }
        let unary = ByteSlice(client.takeOutput())
        let second = client.startRequest(request)
        client.ping(7)
        if let second { client.reset(second, .cancel) }
        let canceled = ByteSlice(client.takeOutput())
        client.goAway(.noError, "done")
        return [unary, canceled, .joined([unary, canceled, ByteSlice(client.takeOutput())])]
    }

    static func clientSamples() -> [ByteSlice] {
        let server = HTTP2Connection(role: .server)
        Conversation(.client).opening.withUnsafeBytes {
            server.receive($0, atMilliseconds: 0, into: Conversation(.server))
        }
        _ = server.takeOutput()
        server.respondUnary(StreamID(1), "a response")
        let unary = ByteSlice(server.takeOutput())
        server.respondHeaders(StreamID(3))
        server.sendMessage(StreamID(3), "an event")
        server.sendTrailers(StreamID(3), .unavailable, "no leader")
        let stream = ByteSlice(server.takeOutput())
        server.beginShutdown()
        return [
            unary, .joined([unary, stream]), .joined([stream, ByteSlice(server.takeOutput())]),
        ]
    }
}

/// A connection past its opening that notes what it is told, and answers each request.
private final class Conversation: HTTP2EventSink {
    enum Event: Equatable {
        case request(StreamID, RequestHead, [HeaderField])
        case response(StreamID, ResponseHead)
        case body(StreamID, ByteSlice, endStream: Bool)
        case trailers(StreamID, ResponseTrailers)
        case reset(StreamID, HTTP2ErrorCode)
        case goingAway(StreamID, HTTP2ErrorCode, String)
        case ping(UInt64)
        case settings
        case failure(HTTP2Failure)
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    let connection: HTTP2Connection
    private(set) var events: [Event] = []

    /// All that it wrote behind its opening.
    private(set) var output: [UInt8] = []

    /// Its opening; a client's has three requests.
    private(set) var opening: [UInt8] = []

    init(_ role: HTTP2Connection.Role) {
        let paths = PathTable(["/etcdserverpb.KV/Range"])
        connection = HTTP2Connection(role: role, paths: paths)
        let heard = (role == .server ? Self.preface : []) + Self.settings
        heard.withUnsafeBytes { connection.receive($0, atMilliseconds: 0, into: self) }
        if role == .client {
            let request = OutgoingRequest(path: "/etcdserverpb.KV/Range", authority: "localhost")
            for _ in 0..<3 { _ = connection.startRequest(request) }
        }
        opening = connection.takeOutput()
        events = []
    }

    func hear(_ bytes: ByteSlice) {
        bytes.withUnsafeBytes { connection.receive($0, atMilliseconds: 0, into: self) }
        while connection.hasOutput {
            output += connection.takeOutput()
            connection.resumeSending(into: self)
        }
    }

    func requestStarted(_ stream: StreamID, _ head: RequestHead) {
        events.append(.request(stream, head, connection.currentHeaders))
        if head.endStream { connection.sendTrailers(stream, .unimplemented, "unknown method") }
    }

    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        events.append(.response(stream, head))
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        let body = ByteSlice(copying: bytes)
        events.append(.body(stream, body, endStream: endStream))
        guard endStream, connection.role == .server else { return }
        connection.respondUnary(stream, body)
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        events.append(.trailers(stream, trailers))
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        events.append(.reset(stream, code))
    }

    func goingAway(lastStream: StreamID, code: HTTP2ErrorCode, text: String) {
        events.append(.goingAway(lastStream, code, text))
    }

    func pingAcknowledged(_ payload: UInt64) { events.append(.ping(payload)) }

    func settingsAcknowledged() { events.append(.settings) }

    func connectionFailed(_ failure: HTTP2Failure) { events.append(.failure(failure)) }
}
