/// All budgets of one connection, and when they were refilled.
struct FloodBudgets {
    var resets: FloodBudget
    var provokedResets: FloodBudget
    var settings: FloodBudget
    var pings: FloodBudget
    var control: FloodBudget
    var emptyFrames: FloodBudget
    var tinyFragments: FloodBudget
    private var refilledAt: UInt64?

    /// Refilling more often would only lose fractions.
    private static let refillMilliseconds: UInt64 = 100

    init(_ settings: HTTP2Settings) {
        resets = settings.resets
        provokedResets = settings.provokedResets
        self.settings = settings.settingsFrames
        pings = settings.pings
        control = settings.control
        emptyFrames = settings.emptyFrames
        tinyFragments = settings.tinyFragments
    }

    /// A clock that goes back refills nothing.
    mutating func advance(toMilliseconds now: UInt64) {
        guard let last = refilledAt, now >= last else {
            refilledAt = now
            return
        }
        let elapsed = now - last
        guard elapsed >= Self.refillMilliseconds else { return }
        refilledAt = now
        resets.refill(milliseconds: elapsed)
        provokedResets.refill(milliseconds: elapsed)
        settings.refill(milliseconds: elapsed)
        pings.refill(milliseconds: elapsed)
        control.refill(milliseconds: elapsed)
        emptyFrames.refill(milliseconds: elapsed)
        tinyFragments.refill(milliseconds: elapsed)
    }

    /// We sent a frame with headers or a body, which the peer may answer with PING (grpc-go's
    /// bandwidth estimation) and two WINDOW_UPDATEs.
    mutating func earnBySending() {
        pings.earn(1)
        control.earn(2)
    }

    /// A stream came to its proper end, and so was not reset.
    mutating func earnByCompleting() {
        resets.earn(1)
    }
}
