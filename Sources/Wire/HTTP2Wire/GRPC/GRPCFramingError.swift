/// Why a stream's body is not a gRPC message that we take; `status` and `message` are the answer.
public enum GRPCFramingError: Error, Equatable, Sendable {
    case tooLarge(length: Int, limit: Int)

    /// The flag says compressed, but no `grpc-encoding` that we know was agreed on.
    case compressed
    case unknownFlag(UInt8)

    /// The body ended within a message.
    case endsEarly

    public var status: GRPCStatusCode {
        switch self {
        case .tooLarge: .resourceExhausted
        case .compressed, .unknownFlag, .endsEarly: .internalError
        }
    }

    /// grpc-go's words, where it has some.
    public var message: String {
        switch self {
        case .tooLarge(let length, let limit):
            "grpc: received message larger than max (\(length) vs. \(limit))"
        case .compressed: "grpc: compressed flag set with identity or empty encoding"
        case .unknownFlag(let flag): "grpc: received unexpected payload format \(flag)"
        case .endsEarly: "unexpected EOF"
        }
    }
}
