internal import NIOCore

/// Work that would hold the loop too long.
extension EtcdConnection {
    /// Makes an answer on another thread, from copies, and comes back with it.
    func elsewhere<Answer: Sendable>(
        _ key: CallKey,
        _ work: @escaping @Sendable () -> Result<Answer, GRPCStatus>,
        then give: @escaping @Sendable (EtcdConnection, Answer) -> Void
    ) {
        guard let loop = eventLoop else { return }
        calls[key]?.work = .elsewhere
        let bound = NIOLoopBound(self, eventLoop: loop)
        Task.detached(priority: .background) {
            let result = work()
            loop.execute { bound.value.comeBack(key, with: result, give) }
        }
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
