/// What a server needs to know of every request, as numbers, without a copy or a String.
public struct RequestHead: Sendable, Equatable {
    public var method = RequestMethod.other

    /// The path's number in the `PathTable`; nil if it is not listed there.
    public var path: Int?

    public var contentType = ContentType.missing
    public var timeout = GRPCTimeout.none

    /// `te: trailers` was sent, as gRPC asks.
    public var acceptsTrailers = false

    /// `grpc-encoding` names something else than `identity`.
    public var isCompressed = false

    /// `martlet-keyspace` was sent, or the host is `NAME.keyspace.…`.
    public var namesKeyspace = false

    public var contentLength: Int?

    /// The request has no body.
    public var endStream = false

    public init() {}
}
