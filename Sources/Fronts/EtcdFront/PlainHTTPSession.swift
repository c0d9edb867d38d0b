/// One connection's plain HTTP: requests in order, one at a time, answers gathered in `output`.
///
/// Shared by the port of etcd's clients, which serves probes beside gRPC, and the HTTP port.
struct PlainHTTPSession {
    private var input: [UInt8] = []

    /// The request that waits for a linearizable read.
    private var waiting: (request: PlainRequest, route: PlainHTTP)?

    /// Bytes to be sent; whoever sends them empties it.
    var output: [UInt8] = []

    /// Set once nothing more will be answered: close after sending.
    private(set) var isFinished = false

    var isWaiting: Bool { waiting != nil }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinished else { return }
        input.append(contentsOf: bytes)
        if input.count > Limits.plainInputBytesMax { refuse(.headTooLarge) }
    }

    /// Answers what can be answered; true if it now waits for a linearizable read.
    mutating func advance(_ front: EtcdFront) -> Bool {
        while waiting == nil, !isFinished {
            do throws(PlainRequest.Failure) {
                guard let request = try PlainRequest.take(from: &input) else { return false }
                let route = PlainHTTP(request)
                if route.needsRead, front.leader != nil {
                    waiting = (request, route)
                    return true
                }
                let failure = front.leader == nil ? ErrorMapping.noLeader.message : nil
                answer(request, front.answer(route, readFailure: failure))
            } catch {
                refuse(error)
            }
        }
        return false
    }

    /// The read that was asked for has ended.
    mutating func finishRead(_ front: EtcdFront, failure: String?) {
        guard let (request, route) = waiting else { return }
        waiting = nil
        guard !isFinished else { return }
        answer(request, front.answer(route, readFailure: failure))
    }

    private mutating func answer(_ request: PlainRequest, _ response: PlainResponse) {
        response.encode(
            keepsAlive: request.keepsAlive,
            withBody: request.method != "HEAD",
            into: &output
        )
        if !request.keepsAlive { finish() }
    }

    private mutating func refuse(_ failure: PlainRequest.Failure) {
        let status: PlainResponse.Status =
            switch failure {
            case .malformed: .badRequest
            case .headTooLarge: .headTooLarge
            }
        PlainResponse(status: status, body: status.rawValue + "\n")
            .encode(keepsAlive: false, withBody: true, into: &output)
        finish()
    }

    private mutating func finish() {
        isFinished = true
        input = []
    }
}
