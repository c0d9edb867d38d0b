public enum ContentType: UInt8, Sendable {
    case missing

    /// `application/grpc`, or that with `+proto`.
    case grpc

    case other
}
