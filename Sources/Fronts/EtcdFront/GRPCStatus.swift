internal import Bytes
internal import HTTP2Wire

/// How a call ended, as its trailers say it.
struct GRPCStatus: Error, Sendable, Equatable {
    var code: GRPCStatusCode
    var message: String

    init(_ code: GRPCStatusCode, _ message: String = "") {
        self.code = code
        self.message = message
    }
}

/// What the gRPC layer itself says, as grpc-go words it.
extension GRPCStatus {
    static let ok = GRPCStatus(.ok)

    static let deadlineExceeded = GRPCStatus(.deadlineExceeded, "context deadline exceeded")

    static func messageTooLarge(_ count: Int) -> GRPCStatus {
        GRPCStatus(
            .resourceExhausted,
            "grpc: received message larger than max (\(count) vs. \(Limits.messageBytesMax))"
        )
    }

    /// An answer that etcd's server would not send either.
    static func tooLarge(_ count: Int, limit: Int) -> GRPCStatus {
        GRPCStatus(
            .resourceExhausted,
            "trying to send message larger than max (\(count) vs. \(limit)); "
                + "read it in parts with a limit, or by RangeStream"
        )
    }

    static func undecodable(_ error: DecodeError) -> GRPCStatus {
        GRPCStatus(.internalError, "grpc: error unmarshalling request: \(error)")
    }

    static let notOneMessage = GRPCStatus(
        .internalError,
        "grpc: a unary call takes exactly one message"
    )

    static let compressed = GRPCStatus(
        .unimplemented,
        "grpc: Decompressor is not installed for the message's grpc-encoding"
    )

    static let malformedTimeout = GRPCStatus(.internalError, "malformed grpc-timeout")

    /// For a path that names no method here.
    static func unknownMethod(_ path: String, services: [String]) -> GRPCStatus {
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash > path.startIndex
        else { return GRPCStatus(.unimplemented, "malformed method name: \"\(path)\"") }
        let service = String(path[path.index(after: path.startIndex)..<slash])
        guard services.contains(service) else {
            return GRPCStatus(.unimplemented, "unknown service \(service)")
        }
        let method = path[path.index(after: slash)...]
        return GRPCStatus(.unimplemented, "unknown method \(method) for service \(service)")
    }
}
