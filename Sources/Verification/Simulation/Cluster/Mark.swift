/// A probe: something that must happen now and then, or the simulation tests less than it seems to.
///
/// The Simulator says which of them a campaign never reached.
public enum Mark: Int, CaseIterable, Sendable {
    // What strikes.
    case killed, poweredOff, poweredOffWithinWrite, poweredOffBeforeSync, paused, everybodyDied
    case partitioned, besieged, frameLost, frameDuplicated
    case diskFilled, diskSlowed, syncFailed, readsFailed, bitRotted, clockChanged

    // What nodes come to.
    case restarted, snapshotTaken, snapshotInstalled, snapshotFailed
    case storageFull, stoppedByStorage, damageFound, repaired

    // What Raft comes to.
    case leaderElected, electionUndecided, leaderSteppedDown, leadersOverlapped
    case suffixTruncated, snapshotReplacedConflict, snapshotKeptSuffix
    case transferAsked, leadershipTransferred, leadershipNotTransferred

    // What clients meet.
    case operationSucceeded, outcomeUnknown, unansweredWriteApplied, notApplied, rejected
    case writeForwarded, answeredAfterElection
    case readServedByLeader, readServedByFollower, readAskedOfOldLeader, staleSerializableRead
    case transactionSucceeded, transactionFailed
    case compactedRead, compactedAtDeletion

    // What leases meet.
    case leaseEnded, leaseOutlivedLeader, leaseRenewed, leaseRenewedTooLate, renewalMetExpiry

    // What watchers meet.
    case watchResumed, watchBegunAtCompaction, watchCompacted, watchStalled, watchToldOfProgress

    public var isFault: Bool {
        switch self {
        case .killed, .poweredOff, .poweredOffWithinWrite, .poweredOffBeforeSync, .paused,
            .everybodyDied, .partitioned, .besieged, .frameLost, .frameDuplicated, .diskFilled,
            .diskSlowed, .syncFailed, .readsFailed, .bitRotted, .clockChanged:
            true
        case .restarted, .snapshotTaken, .snapshotInstalled, .snapshotFailed, .storageFull,
            .stoppedByStorage, .damageFound, .repaired, .leaderElected, .electionUndecided,
            .leaderSteppedDown, .leadersOverlapped, .suffixTruncated, .snapshotReplacedConflict,
            .snapshotKeptSuffix, .transferAsked, .leadershipTransferred,
            .leadershipNotTransferred, .operationSucceeded, .outcomeUnknown,
            .unansweredWriteApplied, .notApplied, .rejected, .writeForwarded,
            .answeredAfterElection, .readServedByLeader,
            .readServedByFollower, .readAskedOfOldLeader, .staleSerializableRead,
            .transactionSucceeded, .transactionFailed, .compactedRead, .compactedAtDeletion,
            .leaseEnded, .leaseOutlivedLeader, .leaseRenewed, .leaseRenewedTooLate,
            .renewalMetExpiry, .watchResumed, .watchBegunAtCompaction, .watchCompacted,
            .watchStalled, .watchToldOfProgress:
            false
        }
    }
}
