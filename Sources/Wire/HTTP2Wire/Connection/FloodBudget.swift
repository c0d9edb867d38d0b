/// How often a peer may still do something that costs us more than it.
///
/// A burst, refilled by time and by useful work. Time is an argument of the connection's `receive`.
public struct FloodBudget: Sendable, Equatable {
    public var burst: Int
    public var perSecond: Int
    private var left: Int

    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        self.perSecond = perSecond
        left = burst
    }

    /// Whether it could still be paid.
    mutating func spend() -> Bool {
        left -= 1
        return left >= 0
    }

    /// The same, judged later by `isSpent`.
    mutating func charge() { left -= 1 }

    var isSpent: Bool { left < 0 }

    mutating func earn(_ count: Int) { left = min(burst, left + count) }

    mutating func refill(milliseconds: UInt64) {
        let seconds = Int(min(milliseconds, 60_000))
        left = min(burst, left + seconds * perSecond / 1_000)
    }
}
