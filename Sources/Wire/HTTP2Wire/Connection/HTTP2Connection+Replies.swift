public import Bytes

// What a server says. Each returns whether the stream took it; a stream that is gone does not.
extension HTTP2Connection {
    /// A gRPC reply's headers: for a stream of messages, before the first of them.
    @discardableResult
    public func respondHeaders(_ stream: StreamID) -> Bool {
        guard let slot = openSlot(stream), !streams[slot].areHeadersSent else { return false }
        streams[slot].areHeadersSent = true
        writeReplyHead(stream.rawValue)
        return true
    }

    /// The whole reply of a unary call: headers, one message, `grpc-status: 0`.
    ///
    /// A message of any size is taken, unless the connection's queues are full: then the stream is
    /// reset.
    @discardableResult
    public func respondUnary(_ stream: StreamID, _ message: ByteSlice) -> Bool {
        guard let slot = openSlot(stream) else { return false }
        respondHeaders(stream)
        return sendPrefixed(slot, message, .withTrailers(.ok, "")) || giveUp(stream)
    }

    /// The same, with the message written straight into the output.
    ///
    /// `encode` appends to what the writer holds and must not call the connection.
    @discardableResult
    public func respondUnary(_ stream: StreamID, _ encode: (inout ByteWriter) -> Void) -> Bool {
        guard let slot = openSlot(stream) else { return false }
        respondHeaders(stream)
        return sendMessage(slot, .withTrailers(.ok, ""), encode) || giveUp(stream)
    }

    /// A whole reply found no room in the queues: half of one would help nobody.
    private func giveUp(_ stream: StreamID) -> Bool {
        reset(stream, .enhanceYourCalm)
        return false
    }

    /// One message of a stream of them; false also if too much waits already.
    @discardableResult
    public func sendMessage(_ stream: StreamID, _ message: ByteSlice) -> Bool {
        guard let slot = openSlot(stream), hasRoomInQueue(slot) else { return false }
        return sendPrefixed(slot, message, .notYet)
    }

    @discardableResult
    public func sendMessage(_ stream: StreamID, _ encode: (inout ByteWriter) -> Void) -> Bool {
        guard let slot = openSlot(stream), hasRoomInQueue(slot) else { return false }
        return sendMessage(slot, .notYet, encode)
    }

    /// A part of a body as it is, without gRPC's prefix.
    @discardableResult
    public func sendBody(_ stream: StreamID, _ bytes: ByteSlice, endStream: Bool) -> Bool {
        guard let slot = openSlot(stream) else { return false }
        return sendBody(slot, bytes, endStream: endStream)
    }

    /// Ends the reply after what waits; as "trailers only" if nothing was sent before.
    @discardableResult
    public func sendTrailers(
        _ stream: StreamID,
        _ status: GRPCStatusCode,
        _ message: String = ""
    ) -> Bool {
        guard let slot = openSlot(stream) else { return false }
        if let outbox = streams[slot].outbox {
            outbox.end = .withTrailers(status, message)
        } else {
            writeTrailers(slot, status, message)
        }
        return true
    }

    /// A whole reply without gRPC, as for `/health`; `content-length` is added.
    @discardableResult
    public func respond(
        _ stream: StreamID,
        status: Int,
        _ fields: [HeaderField],
        _ body: ByteSlice
    ) -> Bool {
        guard let slot = openSlot(stream), !streams[slot].areHeadersSent else { return false }
        streams[slot].areHeadersSent = true
        var block: [UInt8] = []
        encoder.begin(into: &block)
        encoder.encode(HeaderField(":status", ByteSlice("\(status)")), .none, into: &block)
        for field in fields { encoder.encode(field, .none, into: &block) }
        let length = HeaderField("content-length", ByteSlice("\(body.count)"))
        encoder.encode(length, .none, into: &block)
        writeBlock(block, stream: stream.rawValue, endStream: body.isEmpty)
        guard !body.isEmpty else {
            endLocal(slot)
            return true
        }
        return sendBody(slot, body, endStream: true) || giveUp(stream)
    }

    func writeTrailers(_ slot: Int, _ status: GRPCStatusCode, _ message: String) {
        let stream = streams[slot].id
        if status == .ok, message.isEmpty, streams[slot].areHeadersSent {
            writeOKTrailers(stream)
        } else {
            var block: [UInt8] = []
            encoder.begin(into: &block)
            if !streams[slot].areHeadersSent {
                encoder.indexed(StaticHeaders.status200, into: &block)
                encoder.encode(Self.contentTypeField, .incremental, into: &block)
            }
            let number = ByteSlice("\(status.rawValue)")
            encoder.encode(HeaderField("grpc-status", number), .incremental, into: &block)
            if !message.isEmpty {
                let text = PercentEncoding.encode(message)
                encoder.encode(HeaderField("grpc-message", text), .none, into: &block)
            }
            writeBlock(block, stream: stream, endStream: true)
        }
        endLocal(slot)
    }

    private static let contentTypeField = HeaderField("content-type", "application/grpc")

    /// Encodes a message behind space for the frame's header and the prefix, which are filled in
    /// when the length is known; only a message that cannot go out whole is moved.
    private func sendMessage(
        _ slot: Int,
        _ end: StreamEnd,
        _ encode: (inout ByteWriter) -> Void
    ) -> Bool {
        let room = room(slot)
        let id = streams[slot].id
        let start = output.count
        writeFrameHeader(.data, [], stream: id, length: 0)
        output.append(0)
        writeInteger(0)
        let bodyStart = output.count
        var taken: [UInt8] = []
        swap(&taken, &output)
        output = Self.appending(to: consume taken, encode)
        let length = output.count - bodyStart
        guard length + GRPCMessageReader.prefixBytes <= room else {
            let message = ByteSlice([UInt8](output[bodyStart...]))
            output.removeLast(output.count - start)
            return sendPrefixed(slot, message, end)
        }
        patchLengths(at: start, message: length)
        spendSendWindow(slot, length + GRPCMessageReader.prefixBytes)
        if case .withTrailers(let status, let text) = end { writeTrailers(slot, status, text) }
        return true
    }

    /// A writer of its own scope, so that nobody but us holds the storage afterwards.
    private static func appending(
        to bytes: consuming [UInt8],
        _ encode: (inout ByteWriter) -> Void
    ) -> [UInt8] {
        var writer = ByteWriter(appendingTo: bytes)
        encode(&writer)
        return writer.bytes
    }

    private func patchLengths(at start: Int, message length: Int) {
        let frame = UInt32(clamping: length + GRPCMessageReader.prefixBytes)
        let prefix = UInt32(clamping: length)
        output.withUnsafeMutableBytes { bytes in
            bytes[start] = UInt8(truncatingIfNeeded: frame >> 16)
            bytes[start + 1] = UInt8(truncatingIfNeeded: frame >> 8)
            bytes[start + 2] = UInt8(truncatingIfNeeded: frame)
            let place = start + FrameHeader.byteCount + 1
            bytes.storeBytes(of: prefix.bigEndian, toByteOffset: place, as: UInt32.self)
        }
    }
}
