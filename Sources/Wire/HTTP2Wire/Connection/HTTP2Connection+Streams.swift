extension HTTP2Connection {
    func insertStream(_ id: UInt32, _ adjust: (inout StreamState) -> Void) {
        var stream = StreamState()
        stream.id = id
        stream.sendWindow = peer.streamWindow
        stream.receiveWindow = streamReceiveWindow
        adjust(&stream)
        streams.insert(stream)
    }

    /// The peer's side has ended; the stream goes when ours has too.
    ///
    /// For a client the call is over then, whatever of the request was not sent; like grpc-go it
    /// says so without error.
    func endRemote(_ slot: Int) {
        streams[slot].isRemoteEnded = true
        if !streams[slot].isLocalEnded {
            guard role == .client else { return }
            refuse(streams[slot].id, .noError)
        }
        complete(slot)
    }

    /// Our side has ended.
    ///
    /// A server that answered before the whole request came wants no more of it, and says so
    /// without error (RFC 9113, section 8.1).
    func endLocal(_ slot: Int) {
        streams[slot].isLocalEnded = true
        if streams[slot].isRemoteEnded {
            complete(slot)
        } else if role == .server {
            refuse(streams[slot].id, .noError)
            complete(slot)
        }
    }

    private func complete(_ slot: Int) {
        streamsCompleted += 1
        budgets.earnByCompleting()
        removeStream(slot)
    }

    func removeStream(_ slot: Int) {
        if let outbox = streams[slot].outbox { queuedBytes -= outbox.bytes }
        streams.remove(at: slot)
    }

    /// The peer broke a rule of one stream: that stream ends, and the peer pays for it.
    func breakStream<Sink: HTTP2EventSink>(
        _ stream: UInt32,
        _ code: HTTP2ErrorCode,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard budgets.provokedResets.spend() else { throw .flood("broken streams") }
        refuse(stream, code)
        guard let slot = streams.slot(of: stream) else { return }
        removeStream(slot)
        sink.streamReset(StreamID(stream), code)
    }

    /// RST_STREAM; frames that are on their way will be ignored.
    func refuse(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        writeReset(stream, code)
        resetStreams.remember(stream)
    }

    /// Ends the stream at once, whatever waits on it.
    @discardableResult
    public func reset(_ stream: StreamID, _ code: HTTP2ErrorCode) -> Bool {
        guard let slot = streams.slot(of: stream.rawValue) else { return false }
        refuse(stream.rawValue, code)
        removeStream(slot)
        return true
    }
}
