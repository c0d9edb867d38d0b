internal import Groups
internal import HTTP2Wire
internal import Model

/// Plain HTTP on the port of etcd's clients.
extension EtcdConnection {
    func servePlain() {
        guard case .plain(var session) = mode, let number else { return }
        mode = .closed
        front.refreshLeader()
        let need = session.advance(front)
        mode = .plain(session)
        switch need {
        case .nothing: break
        case .read:
            front.shard.read(
                front.group,
                for: Waiter(client: number, request: plainKey.number)
            )
            wantTurn()
        case .call(let request): beginCall(request)
        }
        if !session.output.isEmpty { noteOutput() }
    }

    var hasPlainOutput: Bool {
        if case .plain(let session) = mode { !session.output.isEmpty } else { false }
    }

    /// Whether no more is read until some of what was asked is answered.
    var isPlainFull: Bool {
        if case .plain(let session) = mode { session.isFull } else { false }
    }

    /// True if the completion was for plain HTTP.
    func completePlain(_ key: CallKey, _ result: CompletionResult) -> Bool {
        guard key == plainKey, case .plain(var session) = mode else { return false }
        mode = .closed
        session.finishRead(front, failure: PlainHTTP.failure(of: result))
        mode = .plain(session)
        servePlain()
        return true
    }
}

extension PlainHTTP {
    /// What is told of a linearizable read that failed; nil if it did not.
    static func failure(of result: CompletionResult) -> String? {
        switch result {
        case .readable, .applied, .metadataChanged, .leadershipTransferred, .streams: nil
        case .refused(let refusal): ErrorMapping.status(of: refusal).message
        }
    }
}

extension EtcdFront {
    /// The answer of plain HTTP; healths are counted.
    func answer(_ route: PlainHTTP, readFailure: String?) -> PlainResponse {
        let response = route.response(
            health,
            readFailure: readFailure,
            metrics: metricsPage
        )
        if case .health = route {
            if response.status == .ok {
                counters.healthSuccesses += 1
            } else {
                counters.healthFailures += 1
            }
        }
        return response
    }
}
