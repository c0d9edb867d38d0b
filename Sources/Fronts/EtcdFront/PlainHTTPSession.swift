internal import EtcdWire

/// One connection's plain HTTP: requests in order, one at a time, answers gathered in `output`.
///
/// Shared by the port of etcd's clients, which serves probes and calls in JSON beside gRPC, and the
/// HTTP port, which serves probes alone.
struct PlainHTTPSession {
    /// What the session needs to go on.
    enum Need {
        case nothing

        /// A linearizable read; `finishRead` tells its end.
        case read

        /// A call; its answer goes to `output`, and `finishCall` tells its end.
        case call(GatewayRequest)
    }

    private enum State {
        case idle

        /// A call whose body is not all there.
        case gathering(PlainRequest, EtcdMethod, PlainBody)
        case reading(PlainRequest, PlainHTTP)
        case calling
        case finished
    }

    private let servesCalls: Bool
    private var input: [UInt8] = []
    private var state = State.idle

    /// Bytes to be sent; whoever sends them empties it.
    var output: [UInt8] = []

    init(servesCalls: Bool = false) { self.servesCalls = servesCalls }

    /// Nothing more will be answered: close after sending.
    var isFinished: Bool {
        if case .finished = state { true } else { false }
    }

    var isWaiting: Bool {
        switch state {
        case .reading, .calling: true
        case .idle, .gathering, .finished: false
        }
    }

    var isCalling: Bool {
        if case .calling = state { true } else { false }
    }

    /// Whether enough requests wait that no more are read until some are answered.
    var isFull: Bool {
        switch state {
        case .idle: output.count >= Limits.plainOutputBytesMax && isInputFull
        case .reading, .calling: isInputFull
        case .gathering, .finished: false
        }
    }

    /// Of requests that are not answered.
    var heldBytes: Int {
        if case .gathering(_, _, let body) = state {
            input.count + body.bytes.count
        } else {
            input.count
        }
    }

    private var isInputFull: Bool { input.count >= Limits.plainInputBytesMax }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinished else { return }
        input.append(contentsOf: bytes)
    }

    /// Answers what can be answered, and says what the next request needs.
    ///
    /// Small requests may have large answers, as `/metrics` has: those that come behind a full output
    /// wait until it is taken.
    mutating func advance(_ front: EtcdFront) -> Need {
        do throws(PlainRequest.Failure) {
            while output.count < Limits.plainOutputBytesMax {
                switch state {
                case .idle:
                    guard let request = try PlainRequest.take(from: &input) else {
                        return .nothing
                    }
                    if try take(request, front) { return .read }
                case .gathering(let request, let method, var body):
                    // Else a copy of the body stayed in the state.
                    state = .calling
                    guard try body.take(from: &input) else {
                        state = .gathering(request, method, body)
                        return .nothing
                    }
                    return .call(
                        GatewayRequest(
                            method: method,
                            body: body.bytes,
                            timeout: request.timeout,
                            keepsAlive: request.keepsAlive,
                            takesChunks: request.takesChunks
                        )
                    )
                case .reading, .calling, .finished: return .nothing
                }
            }
            return .nothing
        } catch {
            refuse(error)
            return .nothing
        }
    }

    /// True if it needs a linearizable read.
    private mutating func take(
        _ request: PlainRequest,
        _ front: EtcdFront
    ) throws(PlainRequest.Failure) -> Bool {
        if servesCalls, let method = GatewayRequest.method(of: request.path) {
            try take(request, method)
            return false
        }
        let route = PlainHTTP(request)
        if route.needsRead, front.leader != nil {
            state = .reading(request, route)
            return true
        }
        let failure = front.leader == nil ? ErrorMapping.noLeader.message : nil
        answer(request, front.answer(route, readFailure: failure))
        return false
    }

    private mutating func take(
        _ request: PlainRequest,
        _ method: EtcdMethod
    ) throws(PlainRequest.Failure) {
        guard request.method == "POST" else {
            var response = PlainResponse(status: .methodNotAllowed, body: "Method Not Allowed\n")
            response.allowed = "POST"
            return answer(request, response)
        }
        state = .gathering(
            request,
            method,
            try PlainBody(request.body, limit: Limits.gatewayBodyBytesMax)
        )
        guard request.expectsContinue, input.isEmpty else { return }
        output += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    }

    mutating func finishCall(keepsAlive: Bool) {
        guard isCalling else { return }
        state = .idle
        if !keepsAlive { finish() }
    }

    /// The read that was asked for has ended.
    mutating func finishRead(_ front: EtcdFront, failure: String?) {
        guard case .reading(let request, let route) = state else { return }
        state = .idle
        answer(request, front.answer(route, readFailure: failure))
    }

    private mutating func answer(_ request: PlainRequest, _ response: PlainResponse) {
        response.encode(
            keepsAlive: request.keepsAlive && request.body == .none,
            withBody: request.method != "HEAD",
            into: &output
        )
        // A body that nobody wants is not looked at; nor is what comes after it.
        if !request.keepsAlive || request.body != .none { finish() }
    }

    /// All connections together hold as much of requests as they may.
    mutating func refuseForWantOfRoom() {
        guard case .gathering = state else { return }
        refuse(.tooManyRequests)
    }

    private mutating func refuse(_ failure: PlainRequest.Failure) {
        let status: PlainResponse.Status =
            switch failure {
            case .malformed: .badRequest
            case .headTooLarge: .headTooLarge
            case .bodyTooLarge: .bodyTooLarge
            case .unknownEncoding: .notImplemented
            }
        refuse(status)
    }

    private mutating func refuse(_ status: PlainResponse.Status) {
        PlainResponse(status: status, body: status.rawValue + "\n")
            .encode(keepsAlive: false, withBody: true, into: &output)
        finish()
    }

    private mutating func finish() {
        state = .finished
        input = []
    }
}
