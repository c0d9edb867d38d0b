internal import Model

/// A node's monotonic clock: begins anywhere, runs a little fast or slow, stands still for a while or
/// leaps ahead, as after a virtual machine was asleep; it never goes back.
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
        // While it stands still, `changedAt` is yet to come.
        guard now > changedAt else { return Instant(localAtChange) }
        return Instant(localAtChange + (now - changedAt) / 1_000 * rate / 1_000)
    }

    /// How long the local clock takes for a time that seems `local` long to the node.
    func trueDuration(_ local: UInt64) -> UInt64 { local / rate * 1_000_000 + 1 }

    mutating func run(at rate: UInt64, from now: UInt64) {
        localAtChange = reading(at: now).number
        changedAt = max(changedAt, now)
        self.rate = rate
    }

    /// Stands still from now on.
    mutating func freeze(for duration: UInt64, from now: UInt64) {
        localAtChange = reading(at: now).number
        changedAt = max(changedAt, now + duration)
    }

    mutating func leap(by duration: UInt64, at now: UInt64) {
        localAtChange = reading(at: now).number + duration
        changedAt = max(changedAt, now)
    }
}
