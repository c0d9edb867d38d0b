public import Bytes

/// A gRPC call as a client opens it.
public struct OutgoingRequest: Sendable {
    public var path: ByteSlice
    public var authority: ByteSlice
    public var isSecure = false
    public var timeoutNanoseconds: UInt64?

    /// Further headers, in lower case.
    public var fields: [HeaderField] = []

    /// Headers that nobody on the way may put into a table, such as a token.
    public var secrets: [HeaderField] = []

    public init(path: ByteSlice, authority: ByteSlice) {
        self.path = path
        self.authority = authority
    }
}
