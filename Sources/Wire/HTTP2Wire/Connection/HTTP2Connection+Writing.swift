internal import Bytes

extension HTTP2Connection {
    func writeFrameHeader(_ type: FrameType, _ flags: FrameFlags, stream: UInt32, length: Int) {
        let word =
            UInt64(length) << 40 | UInt64(type.rawValue) << 32
            | UInt64(flags.rawValue) << 24 | UInt64(stream >> 8)
        let header = (word.bigEndian, UInt8(truncatingIfNeeded: stream))
        withUnsafeBytes(of: header) { bytes in
            output.append(
                contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<FrameHeader.byteCount])
            )
        }
    }

    func writeInteger(_ number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { output.append(contentsOf: $0) }
    }

    func writeWindowUpdate(_ stream: UInt32, _ increment: Int) {
        writeFrameHeader(.windowUpdate, [], stream: stream, length: 4)
        writeInteger(UInt32(clamping: increment))
    }

    func writePing(_ payload: UInt64, isAcknowledgement: Bool) {
        writeFrameHeader(.ping, isAcknowledgement ? .acknowledge : [], stream: 0, length: 8)
        withUnsafeBytes(of: payload.bigEndian) { output.append(contentsOf: $0) }
    }

    func writeReset(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        writeFrameHeader(.resetStream, [], stream: stream, length: 4)
        writeInteger(code.rawValue)
    }

    func writeGoAway(_ lastStream: UInt32, _ code: HTTP2ErrorCode, _ reason: String) {
        let text = reason.utf8.prefix(Limits.goAwayTextBytesMax)
        writeFrameHeader(.goAway, [], stream: 0, length: 8 + text.count)
        writeInteger(lastStream)
        writeInteger(code.rawValue)
        output.append(contentsOf: text)
    }

    /// HEADERS, and CONTINUATION if the peer's frames are too small for the block.
    func writeBlock(_ block: [UInt8], stream: UInt32, endStream: Bool) {
        budgets.earnBySending()
        let ending: FrameFlags = endStream ? .endStream : []
        guard block.count > peer.frameBytesMax else {
            writeFrameHeader(
                .headers,
                ending.union(.endHeaders),
                stream: stream,
                length: block.count
            )
            output.append(contentsOf: block)
            return
        }
        var rest = block[...]
        while !rest.isEmpty {
            let part = rest.prefix(peer.frameBytesMax)
            rest = rest.dropFirst(part.count)
            let isFirst = part.startIndex == 0
            let flags: FrameFlags = rest.isEmpty ? .endHeaders : []
            writeFrameHeader(
                isFirst ? .headers : .continuation,
                isFirst ? flags.union(ending) : flags,
                stream: stream,
                length: part.count
            )
            output.append(contentsOf: part)
        }
    }

    /// Encodes a block that may come again as it is; `block` keeps it if the table stands still.
    func writeReusable(
        _ block: WritableKeyPath<ReplyBlocks, ReplyBlocks.Block>,
        stream: UInt32,
        endStream: Bool,
        _ fields: [HeaderField]
    ) {
        let mayKeep = !encoder.mustAnnounceTable
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        let generation = encoder.generation
        for field in fields { encoder.encode(field, .incremental, into: &bytes) }
        let start = output.count
        writeBlock(bytes, stream: stream, endStream: endStream)
        if mayKeep, encoder.generation == generation {
            blocks[keyPath: block].keep(output[start...], at: generation)
        }
    }

    /// Writes a frame that was kept, for another stream.
    func writeAgain(_ frame: UnsafeRawBufferPointer, stream: UInt32) {
        budgets.earnBySending()
        let place = output.count + FrameHeader.streamOffset
        output.append(contentsOf: frame)
        output.withUnsafeMutableBytes {
            $0.storeBytes(of: stream.bigEndian, toByteOffset: place, as: UInt32.self)
        }
    }

    /// `:status: 200`, `content-type: application/grpc`.
    func writeReplyHead(_ stream: UInt32) {
        if blocks.head.generation == encoder.generation, !encoder.mustAnnounceTable {
            blocks.head.withUnsafeBytes { writeAgain($0, stream: stream) }
        } else {
            writeReusable(\.head, stream: stream, endStream: false, Self.replyHeadFields)
        }
    }

    /// `grpc-status: 0`.
    func writeOKTrailers(_ stream: UInt32) {
        if blocks.okTrailers.generation == encoder.generation, !encoder.mustAnnounceTable {
            blocks.okTrailers.withUnsafeBytes { writeAgain($0, stream: stream) }
        } else {
            writeReusable(\.okTrailers, stream: stream, endStream: true, Self.okTrailersFields)
        }
    }

    private static let replyHeadFields = [
        HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
    ]
    private static let okTrailersFields = [HeaderField("grpc-status", "0")]
}

// What the driver takes.
extension HTTP2Connection {
    public var hasOutput: Bool { !output.isEmpty }

    /// Bytes ready for the socket.
    public var outputCount: Int { output.count }

    /// The bytes for the socket, in the order to be sent.
    public func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    /// The same without giving the storage away: copy them within `body`.
    public func drainOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        var taken: [UInt8] = []
        swap(&taken, &output)
        taken.withUnsafeBytes(body)
        guard output.isEmpty, taken.capacity <= Limits.outputBytesKept else { return }
        taken.removeAll(keepingCapacity: true)
        swap(&taken, &output)
    }

    /// To be called after the output was taken: bodies that waited for room follow.
    public func resumeSending<Sink: HTTP2EventSink>(into sink: Sink) {
        guard !waiting.isEmpty else { return }
        pump()
        if !writableStreams.isEmpty { announceWritable(into: sink) }
    }
}
