public import Checkers

/// What came of one seed.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    public var traceHash: UInt64
    public var events: UInt64
    public var simulatedNanoseconds: UInt64
    public var operations: Int

    /// Entries that say who votes, as often as a journal was given one.
    public var configurations: Int

    /// How often each noteworthy thing happened, sorted by name.
    public var marks: [(mark: Mark, count: Int)]
    public var violation: Violation?

    public var faults: Int { marks.reduce(0) { $1.mark.isFault ? $0 + $1.count : $0 } }
}
