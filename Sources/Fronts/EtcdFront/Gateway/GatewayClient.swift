internal import Bytes
internal import EtcdWire
internal import HTTP2Wire

/// A gRPC client inside the server, for one connection that speaks JSON over HTTP/1.1.
///
/// It puts a request into protobuf and HTTP/2 and hands it to the connection's own server end, and
/// turns what comes back into JSON. So a call in JSON takes the way of all calls, with their checks,
/// limits and back-pressure. One call at a time, as HTTP/1.1 has it.
final class GatewayClient: HTTP2EventSink {
    private struct Exchange {
        var request: GatewayRequest
        var stream: StreamID
        var reader = GRPCMessageReader(limit: Limits.gatewayAnswerBytesMax)

        /// The answer of a unary call.
        var answer: [UInt8]?

        /// The head of a stream's response is out.
        var hasBegun = false
    }

    let http = HTTP2Connection(role: .client)
    private var exchange: Exchange?

    /// HTTP/1.1 for the client.
    private var output: [UInt8] = []

    /// Whether the connection must be closed after the last response.
    private(set) var isLast = false

    var isBusy: Bool { exchange != nil }

    func begin(_ request: GatewayRequest) {
        do throws(DecodeError) {
            let messages = try Self.messages(of: request)
            open(request, messages)
        } catch {
            exchange = Exchange(request: request, stream: StreamID(0))
            finish(.invalidArgument, "\(error)")
        }
    }

    /// A unary call has one message, also if the body is empty; a stream as many as the body has.
    private static func messages(
        of request: GatewayRequest
    ) throws(DecodeError) -> [ByteSlice] {
        let isStream = request.method.streamsRequests
        let messages = try ProtoJSON.requests(
            of: request.method,
            in: request.body,
            max: isStream ? Limits.gatewayMessagesMax : 1
        )
        return messages.isEmpty && !isStream ? [.empty] : messages
    }

    private func open(_ request: GatewayRequest, _ messages: [ByteSlice]) {
        var outgoing = OutgoingRequest(path: ByteSlice(request.method.path), authority: "gateway")
        if let text = request.timeout {
            guard case .after(let nanoseconds) = GRPCTimeout(text) else {
                exchange = Exchange(request: request, stream: StreamID(0))
                return finish(.invalidArgument, "invalid grpc-timeout: \(text)")
            }
            outgoing.timeoutNanoseconds = nanoseconds
        }
        guard let stream = http.startRequest(outgoing) else {
            exchange = Exchange(request: request, stream: StreamID(0))
            return finish(.unavailable, ErrorMapping.stopped.message)
        }
        exchange = Exchange(request: request, stream: stream)
        for message in messages { http.sendMessage(stream, message) }
        // A watch goes on when its client has said all, and ends with its connection.
        if request.method != .watch { http.finishRequest(stream) }
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        guard stream == exchange?.stream, head.endStream else { return }
        finish(head.grpcStatus ?? .unknown, head.grpcMessage)
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        guard stream == exchange?.stream, var reader = exchange?.reader else { return }
        var messages: [ByteSlice] = []
        do throws(GRPCFramingError) {
            try reader.receive(bytes) { messages.append(ByteSlice(copying: $0)) }
        } catch {
            http.reset(stream, .cancel)
            return finish(error.status, error.message)
        }
        exchange?.reader = reader
        for message in messages { take(message) }
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        guard stream == exchange?.stream else { return }
        finish(trailers.grpcStatus ?? .unknown, trailers.grpcMessage)
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        guard stream == exchange?.stream else { return }
        finish(.unavailable, ErrorMapping.stopped.message)
    }

    func connectionFailed(_ failure: HTTP2Failure) {
        finish(.unavailable, ErrorMapping.stopped.message)
    }

    private func take(_ message: ByteSlice) {
        guard let method = exchange?.request.method else { return }
        var text: [UInt8] = []
        do throws(DecodeError) {
            if method.streamsResponses { text += Array("{\"result\":".utf8) }
            try ProtoJSON.append(message, of: method, to: &text)
            if method.streamsResponses { text += Array("}\n".utf8) }
        } catch {
            return finish(.internalError, "\(error)")
        }
        guard method.streamsResponses else {
            exchange?.answer = text
            return
        }
        beginStream()
        chunk(text)
    }

    private func beginStream() {
        guard let request = exchange?.request, exchange?.hasBegun == false else { return }
        exchange?.hasBegun = true
        var head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        if request.takesChunks { head += "Transfer-Encoding: chunked\r\n" }
        head += request.keepsAlive ? "\r\n" : "Connection: close\r\n\r\n"
        output += Array(head.utf8)
    }

    private func chunk(_ text: [UInt8]) {
        guard exchange?.request.takesChunks == true else {
            output += text
            return
        }
        output += Array("\(String(text.count, radix: 16))\r\n".utf8)
        output += text
        output += Array("\r\n".utf8)
    }

    private func finish(_ code: GRPCStatusCode, _ message: String) {
        guard let exchange else { return }
        let isStream = exchange.request.method.streamsResponses
        if exchange.hasBegun || isStream && code == .ok {
            finishStream(code, message)
        } else {
            let answer = code == .ok ? exchange.answer : nil
            let status: PlainResponse.Status =
                answer == nil ? PlainResponse.Status(code) : .ok
            PlainResponse(
                status: status,
                contentType: .json,
                body: String(decoding: answer ?? Self.error(code, message), as: UTF8.self)
            )
            .encode(keepsAlive: exchange.request.keepsAlive, withBody: true, into: &output)
        }
        isLast = !exchange.request.keepsAlive || !exchange.request.takesChunks && isStream
        self.exchange = nil
    }

    private func finishStream(_ code: GRPCStatusCode, _ message: String) {
        beginStream()
        if code != .ok {
            chunk(Array("{\"error\":".utf8) + Self.error(code, message) + Array("}\n".utf8))
        }
        if exchange?.request.takesChunks == true { output += Array("0\r\n\r\n".utf8) }
    }

    /// As etcd's gateway says it since 3.6.
    private static func error(_ code: GRPCStatusCode, _ message: String) -> [UInt8] {
        var text = Array("{\"code\":\(code.rawValue),\"message\":".utf8)
        ProtoJSON.append(message, to: &text)
        return text + Array(",\"details\":[]}".utf8)
    }
}

extension PlainResponse.Status {
    /// As grpc-gateway maps gRPC's codes.
    init(_ code: GRPCStatusCode) {
        switch code {
        case .ok: self = .ok
        case .cancelled: self = .clientClosed
        case .invalidArgument, .failedPrecondition, .outOfRange: self = .badRequest
        case .deadlineExceeded: self = .timeout
        case .notFound: self = .notFound
        case .resourceExhausted: self = .tooManyRequests
        case .unimplemented: self = .notImplemented
        case .unavailable: self = .unavailable
        default: self = .internalError
        }
    }
}
