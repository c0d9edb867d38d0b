public import Bytes
public import Model

/// The way to the other nodes.
///
/// Frames may be lost, late, doubled or out of order.
public protocol Network: AnyObject {
    /// Hands the frame on without waiting; a frame that cannot be sent is dropped.
    func send(_ frame: ByteSlice, to node: NodeID)
}

/// A node's monotonic clock.
public protocol Clock: AnyObject {
    var now: Instant { get }
}

/// Where chance comes from: the kernel in production, the seed in simulation.
public protocol RandomSource: AnyObject {
    func next() -> UInt64
}
