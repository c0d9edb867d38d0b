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

/// The time of day, for what people and clients date: records of streams.
public protocol WallClock: AnyObject {
    /// Milliseconds since 1970, UTC; may jump.
    var milliseconds: Int64 { get }
}

/// Where chance comes from: the kernel in production, the seed in simulation.
public protocol RandomSource: AnyObject {
    func next() -> UInt64
}

/// Threads for what would hold a loop too long: long ranges, hashes, snapshots for clients.
public protocol Workers: AnyObject, Sendable {
    /// Queues a job; nil if it is fresh and as many wait already as may, or if nobody works longer.
    func submit(_ standing: WorkStanding, _ job: @escaping @Sendable () -> Void) -> WorkTicket?

    /// Drops a job that has not begun, and what it holds with it; one that has runs to its end.
    func cancel(_ ticket: WorkTicket)
}

/// Whether a job may be refused.
public enum WorkStanding: Sendable {
    /// Something begins with it, and need not.
    case fresh

    /// It belongs to what has begun, and whoever asked for that has at most one such job.
    case continuation
}

/// Names a job among all that its workers ever got.
public struct WorkTicket: Sendable, Equatable {
    public let number: UInt64

    public init(number: UInt64) { self.number = number }
}
