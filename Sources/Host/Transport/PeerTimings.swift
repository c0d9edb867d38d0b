internal import NIOCore

/// How long a transport waits for what; tests wait less.
struct PeerTimings: Sendable {
    var redialMin = TimeAmount.milliseconds(Limits.redialMillisecondsMin)
    var redialMax = TimeAmount.milliseconds(Limits.redialMillisecondsMax)
    var hello = TimeAmount.milliseconds(Limits.helloMillisecondsMax)
    var ping = TimeAmount.milliseconds(Limits.pingMilliseconds)
    var silence = TimeAmount.milliseconds(Limits.silenceMillisecondsMax)

    /// The pause after one of `pause`: twice as long, within the limit.
    func next(after pause: TimeAmount) -> TimeAmount {
        .nanoseconds(min(pause.nanoseconds * 2, redialMax.nanoseconds))
    }

    /// Between half of the pause and all of it, so that nodes do not dial in step.
    static func jittered(_ pause: TimeAmount) -> TimeAmount {
        .nanoseconds(Int64.random(in: pause.nanoseconds / 2...pause.nanoseconds))
    }
}
