/// What a connection tells whoever drives it, synchronously, during `receive`.
///
/// A server's front implements `requestStarted` and `bodyReceived`, a client `responseStarted`,
/// `bodyReceived` and `trailersReceived`; both `streamReset` and `connectionFailed`. Every event
/// may call back into the connection's sending functions, but not into `receive`.
public protocol HTTP2EventSink: AnyObject {
    /// Server: a request's headers are complete and valid. If `head.endStream`, no body follows.
    ///
    /// Only during this call may `connection.currentHeader(_:)` be asked for other headers.
    func requestStarted(_ stream: StreamID, _ head: RequestHead)

    /// Client: the response's headers are here. If `head.endStream` it is gRPC's "trailers only":
    /// `head.grpcStatus` is the outcome and nothing follows.
    func responseStarted(_ stream: StreamID, _ head: ResponseHead)

    /// Part of the body; `bytes` lie in the input and are valid during this call only. A body may
    /// end with an empty part.
    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool)

    /// Client: the response ends with these, and so does the stream.
    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers)

    /// The stream is gone: the peer reset it, or broke a rule so that we did.
    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode)

    /// A stream that was not `isWritable` is so again.
    func streamWritable(_ stream: StreamID)

    /// The peer applied our SETTINGS.
    func settingsAcknowledged()

    func pingAcknowledged(_ payload: UInt64)

    /// The peer will take no streams above `lastStream`; those that we opened are reset.
    func goingAway(lastStream: StreamID, code: HTTP2ErrorCode, text: String)

    /// All streams are gone and nothing more will be sent or taken: send the output, then close.
    func connectionFailed(_ failure: HTTP2Failure)
}

extension HTTP2EventSink {
    public func requestStarted(_ stream: StreamID, _ head: RequestHead) {}
    public func responseStarted(_ stream: StreamID, _ head: ResponseHead) {}
    public func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {}
    public func streamWritable(_ stream: StreamID) {}
    public func settingsAcknowledged() {}
    public func pingAcknowledged(_ payload: UInt64) {}
    public func goingAway(lastStream: StreamID, code: HTTP2ErrorCode, text: String) {}
}
