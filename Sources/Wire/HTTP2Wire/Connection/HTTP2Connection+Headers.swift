internal import Bytes

extension HTTP2Connection {
    func receiveHeaders<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard header.stream != 0 else {
            throw HTTP2Failure(.protocolError, "HEADERS without a stream")
        }
        var block = try unpadded(header, payload)
        if header.flags.contains(.priority) {
            guard block.count >= 5 else {
                throw HTTP2Failure(.frameSizeError, "HEADERS too short for a priority")
            }
            block = UnsafeRawBufferPointer(rebasing: block[5...])
        }
        let endStream = header.flags.contains(.endStream)
        guard header.flags.contains(.endHeaders) else {
            openBlock = OpenHeaderBlock(
                stream: header.stream,
                endStream: endStream,
                bytes: [UInt8](block)
            )
            return
        }
        try receiveBlock(block, on: header.stream, endStream: endStream, into: sink)
    }

    func receiveContinuation<Sink: HTTP2EventSink>(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard var block = openBlock else {
            throw HTTP2Failure(.protocolError, "CONTINUATION without HEADERS")
        }
        openBlock = nil
        block.continuations += 1
        guard block.continuations <= Limits.continuationsMax,
            block.bytes.count + payload.count <= Limits.headerBlockBytesMax
        else { throw .flood("CONTINUATION frames") }
        block.bytes.append(contentsOf: payload)
        guard header.flags.contains(.endHeaders) else {
            openBlock = block
            return
        }
        try block.bytes.withUnsafeBufferPointer { bytes throws(HTTP2Failure) in
            try receiveBlock(
                UnsafeRawBufferPointer(bytes),
                on: block.stream,
                endStream: block.endStream,
                into: sink
            )
        }
    }

    /// A whole header block: decoded in any case, as HPACK's table depends on it.
    private func receiveBlock<Sink: HTTP2EventSink>(
        _ block: UnsafeRawBufferPointer,
        on stream: UInt32,
        endStream: Bool,
        into sink: Sink
    ) throws(HTTP2Failure) {
        do throws(HPACKError) {
            try decoder.decode(block)
        } catch {
            throw HTTP2Failure(.compressionError, "HPACK: \(error)")
        }
        if let slot = streams.slot(of: stream) {
            if role == .client, !streams[slot].areHeadersReceived {
                try startResponse(stream, slot, endStream, into: sink)
            } else {
                try receiveTrailers(stream, slot, endStream, into: sink)
            }
            return
        }
        if role == .server, stream & 1 == 1, stream > lastPeerStream {
            try startRequest(stream, endStream, into: sink)
            return
        }
        guard !isIdle(stream) else {
            throw HTTP2Failure(.protocolError, "HEADERS open stream \(stream)")
        }
        guard resetStreams.contains(stream) || departure == .leaving else {
            throw HTTP2Failure(.streamClosed, "HEADERS on the closed stream \(stream)")
        }
        try spendControl("frames of closed streams")
    }

    private func startRequest<Sink: HTTP2EventSink>(
        _ stream: UInt32,
        _ endStream: Bool,
        into sink: Sink
    ) throws(HTTP2Failure) {
        lastPeerStream = stream
        guard departure != .leaving else { return }
        guard streams.count < settings.concurrentStreams else {
            guard budgets.resets.spend() else { throw .flood("streams") }
            refuse(stream, .refusedStream)
            return
        }
        guard var head = decoder.request() else {
            try breakStream(stream, .protocolError, into: sink)
            return
        }
        head.endStream = endStream
        if endStream, (head.contentLength ?? 0) != 0 {
            try breakStream(stream, .protocolError, into: sink)
            return
        }
        insertStream(stream) { state in
            state.isRemoteEnded = endStream
            state.areHeadersReceived = true
            state.bodyLeft = head.contentLength
        }
        guard !decoder.isListTooLarge else {
            respond(StreamID(stream), status: 431, [], .empty)
            return
        }
        sink.requestStarted(StreamID(stream), head)
    }

    private func startResponse<Sink: HTTP2EventSink>(
        _ stream: UInt32,
        _ slot: Int,
        _ endStream: Bool,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard !decoder.isListTooLarge, !streams[slot].isRemoteEnded,
            let (head, contentLength) = MessageHead.response(decoder)
        else {
            try breakStream(stream, .protocolError, into: sink)
            return
        }
        if head.status < 200 {
            // Interim responses (RFC 9113, section 8.1) end nothing and say nothing to gRPC.
            try spendControl("interim responses")
            if endStream || head.status == 101 {
                try breakStream(stream, .protocolError, into: sink)
            }
            return
        }
        var response = head
        response.endStream = endStream
        streams[slot].areHeadersReceived = true
        streams[slot].bodyLeft = contentLength
        if endStream { endRemote(slot) }
        sink.responseStarted(StreamID(stream), response)
    }

    private func receiveTrailers<Sink: HTTP2EventSink>(
        _ stream: UInt32,
        _ slot: Int,
        _ endStream: Bool,
        into sink: Sink
    ) throws(HTTP2Failure) {
        guard !streams[slot].isRemoteEnded else {
            try breakStream(stream, .streamClosed, into: sink)
            return
        }
        guard endStream, !decoder.isListTooLarge, (streams[slot].bodyLeft ?? 0) == 0,
            let trailers = MessageHead.trailers(decoder)
        else {
            try breakStream(stream, .protocolError, into: sink)
            return
        }
        endRemote(slot)
        if role == .client {
            sink.trailersReceived(StreamID(stream), trailers)
        } else {
            // gRPC has no trailers of requests; for a front they are only the end.
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            sink.bodyReceived(StreamID(stream), nothing, endStream: true)
        }
    }
}
