public import Checkers

/// What came of one seed.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    public var traceHash: UInt64
    public var events: UInt64
    public var simulatedNanoseconds: UInt64
    public var operations: Int

    /// How often each noteworthy thing happened, sorted by name.
    public var marks: [(mark: Mark, count: Int)]
    public var violation: Violation?

    public var faults: Int { marks.reduce(0) { $1.mark.isFault ? $0 + $1.count : $0 } }
}

/// Something that must happen now and then, or the simulation tests less than it seems to.
public enum Mark: String, CaseIterable, Sendable {
    case killed, poweredOff, poweredOffWithinWrite, poweredOffBeforeSync, paused, everybodyDied
    case partitioned, frameLost, frameDuplicated
    case diskFilled, diskSlowed, syncFailed, readsFailed, bitRotted, clockChanged

    case restarted, leaderElected, snapshotTaken, snapshotInstalled, snapshotFailed
    case storageFull, stoppedByStorage, damageFound
    case operationSucceeded, outcomeUnknown, notApplied, rejected
    case compactedRead, leaseEnded, watchResumed, watchCompacted, watchStalled

    public var isFault: Bool {
        switch self {
        case .killed, .poweredOff, .poweredOffWithinWrite, .poweredOffBeforeSync, .paused,
            .everybodyDied, .partitioned,
            .frameLost, .frameDuplicated, .diskFilled, .diskSlowed, .syncFailed, .readsFailed,
            .bitRotted, .clockChanged:
            true
        case .restarted, .leaderElected, .snapshotTaken, .snapshotInstalled, .snapshotFailed,
            .storageFull, .stoppedByStorage, .damageFound, .operationSucceeded, .outcomeUnknown,
            .notApplied,
            .rejected, .compactedRead, .leaseEnded, .watchResumed, .watchCompacted, .watchStalled:
            false
        }
    }
}
