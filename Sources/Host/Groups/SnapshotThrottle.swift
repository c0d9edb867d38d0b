/// How many bytes of snapshots may leave this node: so much a second, over all groups and followers.
///
/// A learner that catches up must not take the disk and the network from those who vote.
struct SnapshotThrottle {
    /// May fall below zero by one part, which is then made up for.
    private var allowance: Int

    private let bytesPerTick: Int

    init(bytesPerSecond: Int, tickNanoseconds: UInt64) {
        bytesPerTick = max(1, bytesPerSecond / max(1, Int(1_000_000_000 / tickNanoseconds)))
        allowance = bytesPerTick
    }

    /// Whether another part may go now.
    var isOpen: Bool { allowance > 0 }

    /// What is not used in a tick is not saved up.
    mutating func passTick() { allowance = min(bytesPerTick, allowance + bytesPerTick) }

    mutating func spend(_ byteCount: Int) { allowance -= byteCount }
}
