public import Bytes

// What a client says.
extension HTTP2Connection {
    /// Whether the peer takes another stream now.
    public var canStartRequest: Bool {
        phase != .closed && departure == .staying && peer.departure == .staying
            && streams.count < peer.concurrentStreams && nextOwnStream <= 0x7fff_ffff
    }

    /// Opens a stream with a request's headers; nil if the peer takes no more.
    ///
    /// The messages follow by `sendMessage`; the last by `finishRequest`.
    public func startRequest(_ request: OutgoingRequest) -> StreamID? {
        guard let id = takeStream() else { return nil }
        writeBlock(encode(request), stream: id, endStream: false)
        return StreamID(id)
    }

    /// The same for a request whose headers do not change.
    public func startRequest(_ repeated: inout RepeatedRequest) -> StreamID? {
        guard let id = takeStream() else { return nil }
        if !encoder.mustAnnounceTable, let frame = repeated.frame(at: encoder.generation) {
            frame.withUnsafeBytes { writeAgain($0, stream: id) }
            return StreamID(id)
        }
        let generation = encoder.generation
        let mayKeep = !encoder.mustAnnounceTable
        let start = output.count
        writeBlock(encode(repeated.request), stream: id, endStream: false)
        if mayKeep, encoder.generation == generation {
            repeated.keep([UInt8](output[start...]), at: generation)
        }
        return StreamID(id)
    }

    private func takeStream() -> UInt32? {
        precondition(role == .client, "only a client starts requests")
        guard canStartRequest else { return nil }
        let id = nextOwnStream
        nextOwnStream += 2
        insertStream(id) { $0.areHeadersSent = true }
        return id
    }

    /// The last message of a request, or none, and the end of our side.
    @discardableResult
    public func finishRequest(_ stream: StreamID, _ message: ByteSlice? = nil) -> Bool {
        guard let slot = openSlot(stream) else { return false }
        guard let message else { return sendBody(slot, .empty, endStream: true) }
        return sendPrefixed(slot, message, .withBody)
    }

    private func encode(_ request: OutgoingRequest) -> [UInt8] {
        var block: [UInt8] = []
        block.reserveCapacity(64)
        encoder.begin(into: &block)
        encoder.indexed(StaticHeaders.methodPost, into: &block)
        encoder.indexed(
            request.isSecure ? StaticHeaders.schemeHTTPS : StaticHeaders.schemeHTTP,
            into: &block
        )
        encoder.encode(HeaderField(":path", request.path), .incremental, into: &block)
        encoder.encode(HeaderField(":authority", request.authority), .incremental, into: &block)
        for field in Self.requestFields { encoder.encode(field, .incremental, into: &block) }
        if let timeout = request.timeoutNanoseconds {
            let text = ByteSlice(GRPCTimeout.text(nanoseconds: timeout))
            encoder.encode(HeaderField("grpc-timeout", text), .none, into: &block)
        }
        for field in request.fields { encoder.encode(field, .incremental, into: &block) }
        for field in request.secrets { encoder.encode(field, .never, into: &block) }
        return block
    }

    private static let requestFields = [
        HeaderField("content-type", "application/grpc"), HeaderField("te", "trailers"),
    ]
}
