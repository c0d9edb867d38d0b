internal import Groups
internal import HTTP2Wire
internal import Model

/// Plain HTTP on the port of etcd's clients.
extension EtcdConnection {
    func servePlain() {
        guard case .plain(var session) = mode, let number else { return }
        mode = .closed
        front.refreshLeader()
        if session.advance(hasLeader: front.leader != nil) {
            front.shard.read(
                front.group,
                for: Waiter(client: number, request: plainKey.number)
            )
            wantTurn()
        }
        mode = .plain(session)
        if !session.output.isEmpty { noteOutput() }
    }

    /// True if the completion was for plain HTTP.
    func completePlain(_ key: CallKey, _ result: CompletionResult) -> Bool {
        guard key == plainKey, case .plain(var session) = mode else { return false }
        mode = .closed
        session.finishRead(hasLeader: front.leader != nil, failure: PlainHTTP.failure(of: result))
        mode = .plain(session)
        servePlain()
        return true
    }
}

extension PlainHTTP {
    /// What is told of a linearizable read that failed; nil if it did not.
    static func failure(of result: CompletionResult) -> String? {
        switch result {
        case .readable, .applied, .leadershipTransferred: nil
        case .refused(let refusal): ErrorMapping.status(of: refusal).message
        }
    }
}
