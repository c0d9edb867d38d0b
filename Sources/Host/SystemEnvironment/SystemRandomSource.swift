public import Environment

/// The kernel's randomness.
public final class SystemRandomSource: RandomSource, Sendable {
    public init() {}

    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
