import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import NIOCore
import NIOEmbedded

/// A gRPC client on the other end of a connection, with HTTP/2 of its own.
final class TestClient: HTTP2EventSink {
    struct Reply {
        var messages: [ByteSlice] = []
        var status: GRPCStatusCode?
        var message = ""
        var httpStatus = 0
        var isReset = false
        var reader = GRPCMessageReader(limit: .max)
    }

    let node: Node
    let channel: EmbeddedChannel
    let http: HTTP2Connection
    private(set) var replies: [StreamID: Reply] = [:]
    private(set) var failure: HTTP2Failure?

    /// `own` is what the client allows, `servers` what the server does.
    init(
        _ node: Node,
        own: HTTP2Settings = HTTP2Settings(),
        servers: HTTP2Settings = EtcdConnection.settings
    ) throws {
        self.node = node
        http = HTTP2Connection(role: .client, settings: own)
        channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            EtcdConnection(node.front, settings: servers)
        )
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    var isConnected: Bool { channel.isActive }

    func close() throws { _ = try channel.finish(acceptAlreadyClosed: true) }

    /// Carries bytes between both ends, and takes turns, until all is quiet.
    func exchange() throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            if http.hasOutput {
                isQuiet = false
                try send(http.takeOutput())
                http.resumeSending(into: self)
            }
            node.turn()
            while node.workers.runNext() { isQuiet = false }
            channel.embeddedEventLoop.run()
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                isQuiet = false
                buffer.withUnsafeReadableBytes { http.receive($0, atMilliseconds: 0, into: self) }
            }
        }
    }

    /// Bytes as they are, past the client's HTTP/2.
    func send(_ bytes: [UInt8]) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(channel.allocator.buffer(bytes: bytes))
    }

    /// The socket takes bytes again.
    func becomeWritable() throws {
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        try exchange()
    }

    /// All that the server has sent and nobody has read.
    func takeText() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: buffer)
        }
        return text
    }

    /// The host that it connects to, by its own words.
    var authority: ByteSlice = "localhost"

    func open(_ path: String, fields: [(String, String)] = [], timeout: UInt64? = nil) -> StreamID {
        var request = OutgoingRequest(path: ByteSlice(path), authority: authority)
        request.fields = fields.map { HeaderField(ByteSlice($0.0), ByteSlice($0.1)) }
        request.timeoutNanoseconds = timeout
        guard let stream = http.startRequest(request) else { return StreamID(0) }
        replies[stream] = Reply()
        return stream
    }

    func open(_ method: EtcdMethod, fields: [(String, String)] = []) -> StreamID {
        open(method.path, fields: fields)
    }

    func say(_ message: some WireMessage, on stream: StreamID) throws {
        http.sendMessage(stream, message.encoded)
        try exchange()
    }

    /// A unary call from its first byte to its last.
    func call(
        _ method: EtcdMethod,
        _ request: some WireMessage,
        fields: [(String, String)] = []
    ) throws -> Reply {
        let stream = open(method, fields: fields)
        http.finishRequest(stream, request.encoded)
        try exchange()
        return reply(stream)
    }

    func call<Response: WireMessage>(
        _ method: EtcdMethod,
        _ request: some WireMessage,
        fields: [(String, String)] = [],
        as type: Response.Type = Response.self
    ) throws -> Response {
        let reply = try call(method, request, fields: fields)
        guard reply.status == .ok, reply.messages.count == 1 else { throw Failure(reply) }
        return try Response(decoding: reply.messages[0])
    }

    func reply(_ stream: StreamID) -> Reply { replies[stream] ?? Reply() }

    /// The messages of a stream since the last time.
    func take<Response: WireMessage>(
        _ stream: StreamID,
        as type: Response.Type = Response.self
    ) throws -> [Response] {
        try exchange()
        let messages = replies[stream]?.messages ?? []
        replies[stream]?.messages = []
        return try messages.map { bytes throws(DecodeError) in try Response(decoding: bytes) }
    }

    struct Failure: Error {
        var reply: Reply

        init(_ reply: Reply) { self.reply = reply }
    }

    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        replies[stream]?.httpStatus = head.status
        guard head.endStream else { return }
        replies[stream]?.status = head.grpcStatus
        replies[stream]?.message = head.grpcMessage
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        guard var reply = replies[stream] else { return }
        var messages: [ByteSlice] = []
        do throws(GRPCFramingError) {
            try reply.reader.receive(bytes) { messages.append(ByteSlice(copying: $0)) }
        } catch {
            reply.message = error.message
        }
        reply.messages += messages
        replies[stream] = reply
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        replies[stream]?.status = trailers.grpcStatus
        replies[stream]?.message = trailers.grpcMessage
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        replies[stream]?.isReset = true
    }

    func connectionFailed(_ failure: HTTP2Failure) { self.failure = failure }
}
