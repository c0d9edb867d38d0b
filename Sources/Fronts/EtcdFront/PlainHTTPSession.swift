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
        case gathering(PlainRequest, EtcdMethod)
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

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinished else { return }
        input.append(contentsOf: bytes)
        let limit = servesCalls ? Limits.gatewayBodyBytesMax : 0
        if input.count > Limits.plainInputBytesMax + limit { refuse(.headTooLarge) }
    }

    /// Answers what can be answered, and says what the next request needs.
    mutating func advance(_ front: EtcdFront) -> Need {
        do throws(PlainRequest.Failure) {
            while true {
                switch state {
                case .idle:
                    guard let request = try PlainRequest.take(from: &input) else {
                        return .nothing
                    }
                    if take(request, front) { return .read }
                case .gathering(let request, let method):
                    let limit = Limits.gatewayBodyBytesMax
                    guard let body = try request.takeBody(from: &input, limit: limit) else {
                        return .nothing
                    }
                    state = .calling
                    return .call(
                        GatewayRequest(
                            method: method,
                            body: body,
                            keepsAlive: request.keepsAlive,
                            takesChunks: request.takesChunks
                        )
                    )
                case .reading, .calling, .finished: return .nothing
                }
            }
        } catch {
            refuse(error)
            return .nothing
        }
    }

    /// True if it needs a linearizable read.
    private mutating func take(_ request: PlainRequest, _ front: EtcdFront) -> Bool {
        if servesCalls, let method = GatewayRequest.method(of: request.path) {
            take(request, method)
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

    private mutating func take(_ request: PlainRequest, _ method: EtcdMethod) {
        guard request.method == "POST" else {
            var response = PlainResponse(status: .methodNotAllowed, body: "Method Not Allowed\n")
            response.allowed = "POST"
            return answer(request, response)
        }
        state = .gathering(request, method)
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

    private mutating func refuse(_ failure: PlainRequest.Failure) {
        let status: PlainResponse.Status =
            switch failure {
            case .malformed: .badRequest
            case .headTooLarge: .headTooLarge
            case .bodyTooLarge: .bodyTooLarge
            }
        PlainResponse(status: status, body: status.rawValue + "\n")
            .encode(keepsAlive: false, withBody: true, into: &output)
        finish()
    }

    private mutating func finish() {
        state = .finished
        input = []
    }
}
