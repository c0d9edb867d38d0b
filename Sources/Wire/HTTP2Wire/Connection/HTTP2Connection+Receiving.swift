extension HTTP2Connection {
    /// Takes bytes as they came from the socket, in any portions, and tells the sink what they mean.
    ///
    /// `now` is a monotonic clock, used only to refill the budgets against floods. Must not be
    /// called from within an event.
    public func receive<Sink: HTTP2EventSink>(
        _ bytes: UnsafeRawBufferPointer,
        atMilliseconds now: UInt64,
        into sink: Sink
    ) {
        precondition(!isReceiving, "receive was called from within an event")
        guard phase != .closed else { return }
        isReceiving = true
        defer { isReceiving = false }
        budgets.advance(toMilliseconds: now)
        do throws(HTTP2Failure) {
            try read(bytes, into: sink)
        } catch {
            fail(error, into: sink)
        }
    }

    private func read<Sink: HTTP2EventSink>(
        _ bytes: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        var rest = bytes
        if !pending.isEmpty { try completePending(from: &rest, into: sink) }
        while phase != .closed {
            let needed = try unitLength(of: rest)
            guard needed <= rest.count else { break }
            try accept(UnsafeRawBufferPointer(rebasing: rest[..<needed]), into: sink)
            rest = UnsafeRawBufferPointer(rebasing: rest[needed...])
        }
        if !rest.isEmpty, phase != .closed { pending.append(contentsOf: rest) }
    }

    /// Fills up the frame that the last portion left incomplete; nothing beyond it is copied.
    private func completePending<Sink: HTTP2EventSink>(
        from rest: inout UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        while true {
            let needed = try pendingLength()
            let part = min(needed - pending.count, rest.count)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<part]))
            rest = UnsafeRawBufferPointer(rebasing: rest[part...])
            if try pending.count == pendingLength() { break }
            if rest.isEmpty { return }
        }
        var unit: [UInt8] = []
        swap(&unit, &pending)
        try unit.withUnsafeBufferPointer { bytes throws(HTTP2Failure) in
            try accept(UnsafeRawBufferPointer(bytes), into: sink)
        }
        unit.removeAll(keepingCapacity: true)
        swap(&unit, &pending)
    }

    private func pendingLength() throws(HTTP2Failure) -> Int {
        try pending.withUnsafeBufferPointer { bytes throws(HTTP2Failure) in
            try unitLength(of: UnsafeRawBufferPointer(bytes))
        }
    }

    /// The length of the preface or frame that `bytes` begin with, as far as they tell.
    private func unitLength(of bytes: UnsafeRawBufferPointer) throws(HTTP2Failure) -> Int {
        if phase == .awaitingPreface {
            guard SniffedProtocol(bytes) != .http1 else {
                throw HTTP2Failure(.protocolError, "the client preface is not HTTP/2's")
            }
            return Self.preface.count
        }
        guard bytes.count >= FrameHeader.byteCount else { return FrameHeader.byteCount }
        let length = FrameHeader(bytes).length
        guard length <= Limits.frameBytesMax else {
            throw HTTP2Failure(.frameSizeError, "a frame of \(length) bytes")
        }
        return FrameHeader.byteCount + length
    }

    private func accept<Sink: HTTP2EventSink>(
        _ unit: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard phase != .awaitingPreface else {
            phase = .awaitingSettings
            return
        }
        let header = FrameHeader(unit)
        let payload = UnsafeRawBufferPointer(rebasing: unit[FrameHeader.byteCount...])
        let type = FrameType(rawValue: header.type)
        if phase == .awaitingSettings {
            guard type == .settings, !header.flags.contains(.acknowledge) else {
                throw HTTP2Failure(.protocolError, "the first frame is not SETTINGS")
            }
            phase = .open
        }
        if let openBlock {
            guard type == .continuation, header.stream == openBlock.stream else {
                throw HTTP2Failure(.protocolError, "a header block was interrupted")
            }
        }
        guard let type else {
            try spendControl("unknown frames")
            return
        }
        try dispatch(type, header, payload, into: sink)
        if !writableStreams.isEmpty { announceWritable(into: sink) }
    }

    private func dispatch<Sink: HTTP2EventSink>(
        _ type: FrameType,
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        switch type {
        case .data: try receiveBody(header, payload, into: sink)
        case .headers: try receiveHeaders(header, payload, into: sink)
        case .continuation: try receiveContinuation(header, payload, into: sink)
        case .windowUpdate: try receiveWindowUpdate(header, payload, into: sink)
        case .settings: try receiveSettings(header, payload, into: sink)
        case .ping: try receivePing(header, payload, into: sink)
        case .resetStream: try receiveReset(header, payload, into: sink)
        case .goAway: try receiveGoAway(header, payload, into: sink)
        case .priority: try receivePriority(header, payload)
        case .pushPromise:
            throw HTTP2Failure(.protocolError, "PUSH_PROMISE, which nobody may send here")
        }
    }

    func spendControl(_ what: StaticString) throws(HTTP2Failure) {
        guard budgets.control.spend() else { throw .flood("\(what)") }
    }

    /// The payload without padding (RFC 9113, section 6.1).
    func unpadded(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Failure) -> UnsafeRawBufferPointer {
        guard header.flags.contains(.padded) else { return payload }
        guard let padding = payload.first else {
            throw HTTP2Failure(.frameSizeError, "a padded frame without a length of padding")
        }
        guard Int(padding) < payload.count else {
            throw HTTP2Failure(.protocolError, "padding longer than its frame")
        }
        return UnsafeRawBufferPointer(rebasing: payload[1..<payload.count - Int(padding)])
    }

    /// Whether the peer (or we) cannot have opened the stream yet.
    func isIdle(_ stream: UInt32) -> Bool {
        let isPeers = (stream & 1 == 1) == (role == .server)
        return isPeers ? stream > lastPeerStream : stream >= nextOwnStream
    }
}

extension HTTP2Failure {
    static func flood(_ what: String) -> HTTP2Failure {
        HTTP2Failure(.enhanceYourCalm, "too many \(what)")
    }
}
