internal import HTTP2Wire
internal import KeyspaceModel
internal import Model

/// What time does to calls.
extension EtcdConnection {
    func passTime(isLeaderless: Bool) {
        guard isLeaderless || (timerAt.map { front.now >= $0 } ?? false) else { return }
        timerAt = nil
        if case .sniffing = mode { return passSilence() }
        if isLeaving { return passSilence() }
        for place in calls.places {
            guard let key = calls.key(at: place), let call = calls[key] else { continue }
            let deadline = deadline(of: call)
            if let deadline, front.now >= deadline {
                end(key, .deadlineExceeded)
            } else if isLeaderless, call.requiresLeader {
                end(key, ErrorMapping.noLeader)
            } else {
                if let deadline { keep(deadline, of: key) }
                tellProgress(key)
            }
        }
        if case .plain(let session) = mode, !session.isWaiting { passSilence() }
    }

    private func deadline(of call: Call) -> Instant? {
        switch call.deadline {
        case .at(let deadline): return deadline
        case .after(let nanoseconds):
            let (sum, overflows) = front.now.number.addingReportingOverflow(nanoseconds)
            return Instant(overflows ? .max : sum)
        case nil: return nil
        }
    }

    private func keep(_ deadline: Instant, of key: CallKey) {
        calls[key]?.deadline = .at(deadline)
        timerAt = min(timerAt ?? deadline, deadline)
    }

    /// Who connects and says nothing costs a place among the connections, which others need.
    private func passSilence() {
        guard front.now < silentUntil else { return close() }
        timerAt = min(timerAt ?? silentUntil, silentUntil)
    }

    /// No new calls; what never ends by itself ends now.
    func stop() {
        switch mode {
        case .http2:
            for place in calls.places {
                if let key = calls.key(at: place) { stop(key) }
            }
            http.beginShutdown()
            noteOutput()
        case .plain:
            for place in calls.places {
                if let key = calls.key(at: place) { stop(key) }
            }
            noteOutput()
        case .sniffing, .closed: close()
        }
    }

    /// The time for what is under way is over.
    ///
    /// Whose client reads learns why its answer ends; the others find the connection closed.
    func finishStop() {
        for place in calls.places {
            if let key = calls.key(at: place) { end(key, ErrorMapping.stopped) }
        }
        if case .http2 = mode { http.finishShutdown() }
        noteOutput()
    }

    private func stop(_ key: CallKey) {
        guard let call = calls[key] else { return }
        switch call.work {
        case .watching, .keepingAlive, .recipe, .reflecting: end(key, ErrorMapping.stopped)
        case .healthWatching:
            send(key, HealthCheckResponse(status: .notServing))
            end(key, ErrorMapping.stopped)
        case .receiving, .outcome, .changingMembers, .changingKeyspaces, .raisingAlarm, .leave,
            .elsewhere, .sending,
            .streaming, .longRange:
            return
        }
    }
}
