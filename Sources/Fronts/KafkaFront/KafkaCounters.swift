/// What the front has counted since its start.
public struct KafkaCounters: Sendable {
    public var receivedBytes: UInt64 = 0
    public var sentBytes: UInt64 = 0

    /// Requests that no answer was possible to: no such API, or bytes that are none.
    public var badRequests: UInt64 = 0
    public var requests: UInt64 = 0
    public var producedBytes: UInt64 = 0
    public var fetchedBytes: UInt64 = 0
}
