extension HTTP2Connection {
    private enum Parameter {
        static let headerTableSize: UInt16 = 1
        static let enablePush: UInt16 = 2
        static let maxConcurrentStreams: UInt16 = 3
        static let initialWindowSize: UInt16 = 4
        static let maxFrameSize: UInt16 = 5
        static let maxHeaderListSize: UInt16 = 6
    }

    /// What we send first: the preface if we are the client, our SETTINGS, the wide window.
    func writeOpening() {
        if role == .client { output.append(contentsOf: Self.preface) }
        var parameters: [(UInt16, Int)] = [
            (Parameter.initialWindowSize, settings.streamWindowBytes),
            (Parameter.maxHeaderListSize, settings.headerListBytesMax),
        ]
        if role == .server {
            parameters.append((Parameter.maxConcurrentStreams, settings.concurrentStreams))
        } else {
            parameters.append((Parameter.enablePush, 0))
        }
        writeFrameHeader(.settings, [], stream: 0, length: 6 * parameters.count)
        for (name, value) in parameters {
            output.append(UInt8(truncatingIfNeeded: name >> 8))
            output.append(UInt8(truncatingIfNeeded: name))
            writeInteger(UInt32(clamping: value))
        }
        let widening = receiveWindow - Limits.windowAtStart
        if widening > 0 { writeWindowUpdate(0, widening) }
    }

    func receiveSettings<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard header.stream == 0 else {
            throw HTTP2Failure(.protocolError, "SETTINGS on a stream")
        }
        guard budgets.settings.spend() else { throw .flood("SETTINGS frames") }
        guard !header.flags.contains(.acknowledge) else {
            guard payload.isEmpty else {
                throw HTTP2Failure(.frameSizeError, "an acknowledgement with SETTINGS")
            }
            settingsWereAcknowledged(into: sink)
            return
        }
        guard payload.count % 6 == 0 else {
            throw HTTP2Failure(.frameSizeError, "SETTINGS of \(payload.count) bytes")
        }
        guard payload.count / 6 <= Limits.settingsParametersMax else {
            throw .flood("parameters in SETTINGS")
        }
        var window = peer.streamWindow
        for offset in stride(from: 0, to: payload.count, by: 6) {
            let name = UInt16(payload[offset]) << 8 | UInt16(payload[offset + 1])
            try apply(name, Int(payload.integer(at: offset + 2)), &window)
        }
        // Once a frame: each change visits every stream, and one frame may name many.
        try changeStreamWindows(to: window)
        writeFrameHeader(.settings, .acknowledge, stream: 0, length: 0)
        try pumpWithinBudget()
    }

    private func apply(
        _ name: UInt16,
        _ value: Int,
        _ window: inout Int
    ) throws(HTTP2Failure) {
        switch name {
        case Parameter.headerTableSize: encoder.limitTable(to: value)
        case Parameter.enablePush:
            guard value == 0 || (value == 1 && role == .server) else {
                throw HTTP2Failure(.protocolError, "ENABLE_PUSH is \(value)")
            }
        case Parameter.maxConcurrentStreams: peer.concurrentStreams = value
        case Parameter.initialWindowSize:
            guard value <= Limits.windowMax else {
                throw HTTP2Failure(.flowControlError, "INITIAL_WINDOW_SIZE is \(value)")
            }
            window = value
        case Parameter.maxFrameSize:
            guard value >= 16_384, value <= 0xff_ffff else {
                throw HTTP2Failure(.protocolError, "MAX_FRAME_SIZE is \(value)")
            }
            peer.frameBytesMax = min(value, Limits.frameBytesSentMax)
        default: break
        }
    }

    /// The difference applies to every open stream, and may leave a window negative (section 6.9.2).
    private func changeStreamWindows(to window: Int) throws(HTTP2Failure) {
        let difference = window - peer.streamWindow
        peer.streamWindow = window
        guard difference != 0 else { return }
        for id in streams.ids {
            guard let slot = streams.slot(of: id) else { continue }
            let widened = streams[slot].sendWindow + difference
            guard widened <= Limits.windowMax else {
                throw HTTP2Failure(.flowControlError, "the window of stream \(id) overflows")
            }
            streams[slot].sendWindow = widened
            list(slot)
        }
    }

    /// From now on the peer keeps to a window that is smaller than the default.
    private func settingsWereAcknowledged<Sink: HTTP2EventSink>(into sink: Sink) {
        guard !isSettingsAcknowledged else { return }
        isSettingsAcknowledged = true
        let difference = settings.streamWindowBytes - streamReceiveWindow
        streamReceiveWindow = settings.streamWindowBytes
        for id in streams.ids where difference != 0 {
            guard let slot = streams.slot(of: id) else { continue }
            streams[slot].receiveWindow += difference
        }
        sink.settingsAcknowledged()
    }
}
