/// What a client needs to know of a response's headers.
public struct ResponseHead: Sendable, Equatable {
    public var status = 0
    public var contentType = ContentType.missing

    /// Nothing follows; with gRPC the outcome is here.
    public var endStream = false
    public var grpcStatus: GRPCStatusCode?

    /// Percent-decoded.
    public var grpcMessage = ""

    public init() {}
}
