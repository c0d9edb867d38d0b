extension HTTP2Connection {
    func receiveBody<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        let stream = header.stream
        guard stream != 0, !isIdle(stream) else {
            throw HTTP2Failure(.protocolError, "DATA on the idle stream \(stream)")
        }
        let bytes = try unpadded(header, payload)
        let endStream = header.flags.contains(.endStream)
        if bytes.isEmpty, !endStream {
            guard budgets.emptyFrames.spend() else { throw .flood("empty DATA frames") }
        }
        // Padding counts too, and so do frames that are ignored (RFC 9113, section 6.9.1).
        try spendConnectionWindow(payload.count)
        guard let slot = streams.slot(of: stream) else {
            try receiveLateBody(stream, into: sink)
            return
        }
        guard let refusal = receiveInto(slot, bytes.count, payload.count, endStream) else {
            sink.bodyReceived(StreamID(stream), bytes, endStream: endStream)
            return
        }
        try breakStream(stream, refusal, into: sink)
    }

    /// Accounts for a part of a body; returns why it must not come.
    private func receiveInto(
        _ slot: Int,
        _ count: Int,
        _ flowCount: Int,
        _ endStream: Bool
    ) -> HTTP2ErrorCode? {
        guard !streams[slot].isRemoteEnded else { return .streamClosed }
        guard streams[slot].areHeadersReceived else { return .protocolError }
        guard flowCount <= streams[slot].receiveWindow else { return .flowControlError }
        if let left = streams[slot].bodyLeft {
            guard count <= left, !endStream || count == left else { return .protocolError }
            streams[slot].bodyLeft = left - count
        }
        guard !endStream else {
            endRemote(slot)
            return nil
        }
        streams[slot].receiveWindow -= flowCount
        streams[slot].receiveCredit += flowCount
        let credit = streams[slot].receiveCredit
        if credit > 0, credit >= streams[slot].receiveWindow {
            streams[slot].receiveCredit = 0
            streams[slot].receiveWindow += credit
            writeWindowUpdate(streams[slot].id, credit)
        }
        return nil
    }

    private func spendConnectionWindow(_ count: Int) throws(HTTP2Failure) {
        guard count <= receiveWindow else {
            throw HTTP2Failure(.flowControlError, "DATA beyond the connection's window")
        }
        receiveWindow -= count
        receiveCredit += count
        if receiveCredit > receiveWindow {
            writeWindowUpdate(0, receiveCredit)
            receiveWindow += receiveCredit
            receiveCredit = 0
        }
    }

    /// DATA on a closed stream: tolerated if we reset it, as it may have been on its way.
    private func receiveLateBody<Sink: HTTP2EventSink>(
        _ stream: UInt32,
        into sink: Sink
    ) throws(HTTP2Failure) {
        if resetStreams.contains(stream) || departure == .leaving { return }
        try breakStream(stream, .streamClosed, into: sink)
    }
}
