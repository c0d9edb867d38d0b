extension HTTP2Connection {
    func receiveWindowUpdate<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard payload.count == 4 else {
            throw HTTP2Failure(.frameSizeError, "WINDOW_UPDATE of \(payload.count) bytes")
        }
        try spendControl("WINDOW_UPDATE frames")
        let increment = Int(payload.integer(at: 0) & 0x7fff_ffff)
        guard header.stream != 0 else {
            try widenConnection(by: increment)
            return
        }
        guard !isIdle(header.stream) else {
            throw HTTP2Failure(.protocolError, "WINDOW_UPDATE on an idle stream")
        }
        guard let slot = streams.slot(of: header.stream) else { return }
        guard increment > 0 else {
            try breakStream(header.stream, .protocolError, into: sink)
            return
        }
        guard streams[slot].sendWindow + increment <= Limits.windowMax else {
            try breakStream(header.stream, .flowControlError, into: sink)
            return
        }
        streams[slot].sendWindow += increment
        list(slot)
        try pumpWithinBudget()
    }

    private func widenConnection(by increment: Int) throws(HTTP2Failure) {
        guard increment > 0 else {
            throw HTTP2Failure(.protocolError, "WINDOW_UPDATE by nothing")
        }
        guard sendWindow + increment <= Limits.windowMax else {
            throw HTTP2Failure(.flowControlError, "the connection's window overflows")
        }
        sendWindow += increment
        try pumpWithinBudget()
    }

    func receivePing<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard header.stream == 0 else { throw HTTP2Failure(.protocolError, "PING on a stream") }
        guard payload.count == 8 else {
            throw HTTP2Failure(.frameSizeError, "PING of \(payload.count) bytes")
        }
        let word = UInt64(payload.integer(at: 0)) << 32 | UInt64(payload.integer(at: 4))
        guard header.flags.contains(.acknowledge) else {
            guard budgets.pings.spend() else { throw .flood("PING frames") }
            writePing(word, isAcknowledgement: true)
            return
        }
        try spendControl("PING acknowledgements")
        if word == Self.shutdownPing, departure == .announced {
            finishShutdown()
        } else {
            sink.pingAcknowledged(word)
        }
    }

    func receiveReset<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard payload.count == 4 else {
            throw HTTP2Failure(.frameSizeError, "RST_STREAM of \(payload.count) bytes")
        }
        guard header.stream != 0, !isIdle(header.stream) else {
            throw HTTP2Failure(.protocolError, "RST_STREAM on an idle stream")
        }
        guard let slot = streams.slot(of: header.stream) else {
            try spendControl("RST_STREAM frames")
            return
        }
        guard budgets.resets.spend() else { throw .flood("resets of streams") }
        removeStream(slot)
        sink.streamReset(
            StreamID(header.stream),
            HTTP2ErrorCode(rawValue: payload.integer(at: 0))
        )
    }

    func receivePriority(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer
    ) throws(HTTP2Failure) {
        guard header.stream != 0 else {
            throw HTTP2Failure(.protocolError, "PRIORITY without a stream")
        }
        guard payload.count == 5 else {
            throw HTTP2Failure(.frameSizeError, "PRIORITY of \(payload.count) bytes")
        }
        try spendControl("PRIORITY frames")
    }

    func receiveGoAway<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard header.stream == 0 else { throw HTTP2Failure(.protocolError, "GOAWAY on a stream") }
        guard payload.count >= 8 else {
            throw HTTP2Failure(.frameSizeError, "GOAWAY of \(payload.count) bytes")
        }
        try spendControl("GOAWAY frames")
        let last = payload.integer(at: 0) & 0x7fff_ffff
        guard last <= peer.lastStream else {
            throw HTTP2Failure(.protocolError, "GOAWAY takes streams back that it gave up")
        }
        peer.lastStream = last
        peer.departure = .leaving
        let text = payload[8...].prefix(Limits.goAwayTextBytesMax)
        sink.goingAway(
            lastStream: StreamID(last),
            code: HTTP2ErrorCode(rawValue: payload.integer(at: 4)),
            text: String(decoding: text, as: UTF8.self)
        )
        guard role == .client else { return }
        for id in streams.ids where id > last {
            guard let slot = streams.slot(of: id) else { continue }
            removeStream(slot)
            sink.streamReset(StreamID(id), .refusedStream)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// A big-endian number of four bytes, which must be there.
    func integer(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
