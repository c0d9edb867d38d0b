internal import Environment
internal import NIOCore

/// Work that would hold the loop too long.
extension EtcdConnection {
    /// Makes an answer on a worker's thread, from copies, and comes back with it.
    ///
    /// Should the call end before its turn comes, the work is dropped.
    func elsewhere<Answer: Sendable>(
        _ key: CallKey,
        as standing: WorkStanding = .fresh,
        _ work: @escaping @Sendable () -> Result<Answer, GRPCStatus>,
        then give: @escaping @Sendable (EtcdConnection, Answer) -> Void
    ) {
        guard let loop = eventLoop else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let ticket = front.workers.submit(standing) {
            let result = work()
            loop.execute { bound.value.comeBack(key, with: result, give) }
        }
        guard let ticket else { return fail(key, ErrorMapping.tooManyRequests) }
        calls[key]?.work = .elsewhere(ticket)
    }

    private func comeBack<Answer>(
        _ key: CallKey,
        with result: Result<Answer, GRPCStatus>,
        _ give: (EtcdConnection, Answer) -> Void
    ) {
        guard calls[key] != nil else { return }
        switch result {
        case .success(let answer): give(self, answer)
        case .failure(let status): fail(key, status)
        }
        flush()
    }
}
