/// The outcome of a gRPC call, after its body.
public struct ResponseTrailers: Sendable, Equatable {
    /// Nil if the peer sent none.
    public var grpcStatus: GRPCStatusCode?

    /// Percent-decoded.
    public var grpcMessage = ""

    public init() {}
}
