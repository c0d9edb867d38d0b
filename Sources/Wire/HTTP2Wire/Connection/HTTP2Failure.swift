/// Why the connection cannot go on; the peer is told by GOAWAY.
public struct HTTP2Failure: Error, Equatable, Sendable {
    public var code: HTTP2ErrorCode
    public var reason: String

    public init(_ code: HTTP2ErrorCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
