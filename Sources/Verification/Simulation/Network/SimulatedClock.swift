internal import Model

/// A node's monotonic clock: begins anywhere, runs a little fast or slow, never jumps.
struct SimulatedClock {
    private let offset: UInt64

    /// Local nanoseconds per million true ones.
    private var rate: UInt64
    private var changedAt: UInt64 = 0
    private var localAtChange: UInt64

    init(offset: UInt64, partsPerMillion rate: UInt64) {
        self.offset = offset
        self.rate = rate
        localAtChange = offset
    }

    func reading(at now: UInt64) -> Instant {
        Instant(localAtChange + (now - changedAt) / 1_000 * rate / 1_000)
    }

    /// How long the local clock takes for a time that seems `local` long to the node.
    func trueDuration(_ local: UInt64) -> UInt64 { local / rate * 1_000_000 + 1 }

    mutating func run(at rate: UInt64, from now: UInt64) {
        localAtChange = reading(at: now).number
        changedAt = now
        self.rate = rate
    }
}
