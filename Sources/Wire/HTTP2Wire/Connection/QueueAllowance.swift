/// Bytes that wait for the windows of many connections' clients, and how many may.
///
/// One client cannot make a server hold more than `HTTP2Settings.queuedBytesMax`; thousands of them
/// together are bounded here. Lives on the loop of its connections.
public final class QueueAllowance {
    public let bytesMax: Int

    /// What waits on all connections.
    public internal(set) var bytes = 0

    public init(bytesMax: Int) { self.bytesMax = bytesMax }
}
