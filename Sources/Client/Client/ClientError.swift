/// Why a call did not succeed.
public enum ClientError: Error, Sendable, Equatable {
    /// No node could be reached; certainly nothing was done.
    case unreachable(String)

    /// The server said no: a gRPC status code and its message.
    case refused(code: Int, String)

    /// No answer in time, or the connection was lost: a write may or may not have been done.
    case timedOut

    case malformedAnswer(String)
}
