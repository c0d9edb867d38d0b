/// What was found wrong: the invariant, and the facts that contradict it.
public struct Violation: Error, Sendable, Equatable, CustomStringConvertible {
    public var invariant: Invariant
    public var message: String

    public init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }

    public var description: String { "\(invariant.rawValue) \(invariant): \(message)" }
}
