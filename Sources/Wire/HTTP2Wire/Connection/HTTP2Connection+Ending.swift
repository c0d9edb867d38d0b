extension HTTP2Connection {
    /// Tells the shutdown's PING from the driver's own.
    static let shutdownPing: UInt64 = 0x6d61_7274_6c65_7421

    /// Asks for an answer, which comes as `pingAcknowledged`.
    public func ping(_ payload: UInt64) {
        guard phase != .closed else { return }
        writePing(payload, isAcknowledgement: false)
    }

    /// Begins to end gracefully: the peer is asked to open no more streams, those open go on.
    ///
    /// Streams that are on their way count until the PING sent with it comes back, or until
    /// `finishShutdown`. Afterwards the driver closes once `isDrained`.
    public func beginShutdown() {
        guard phase != .closed, departure == .staying else { return }
        guard role == .server else {
            departure = .leaving
            writeGoAway(0, .noError, "")
            return
        }
        departure = .announced
        writeGoAway(0x7fff_ffff, .noError, "shutting down")
        writePing(Self.shutdownPing, isAcknowledgement: false)
    }

    /// From now on new streams are ignored; the peer knows which those are and may ask elsewhere.
    public func finishShutdown() {
        guard phase != .closed, departure != .leaving else { return }
        departure = .leaving
        lastTakenStream = lastPeerStream
        writeGoAway(lastPeerStream, .noError, "shutting down")
    }

    /// Ends the connection now: all streams are gone, `isClosed` holds, no event follows.
    public func goAway(_ code: HTTP2ErrorCode, _ reason: String) {
        guard phase != .closed else { return }
        close(HTTP2Failure(code, reason))
    }

    func fail<Sink: HTTP2EventSink>(_ failure: HTTP2Failure, into sink: Sink) {
        guard phase != .closed else { return }
        close(failure)
        sink.connectionFailed(failure)
    }

    private func close(_ failure: HTTP2Failure) {
        phase = .closed
        self.failure = failure
        writeGoAway(min(lastPeerStream, lastTakenStream), failure.code, failure.reason)
        streams.removeAll()
        waiting.removeAll()
        writableStreams.removeAll()
        pending = []
        openBlock = nil
        queuedBytes = 0
    }
}
