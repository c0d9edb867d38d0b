/// A probe: something that must happen now and then, or the simulation tests less than it seems to.
///
/// The Simulator says which of them a campaign never reached.
public enum Mark: Int, CaseIterable, Sendable {
    // What strikes processes.
    case killed, poweredOff, poweredOffWithinWrite, poweredOffBeforeSync, paused, everybodyDied
    case crashLoopBegun, diedWhileStarting
    case diedAtBatch, diedAtJournalSync, diedAtFilling, diedAtNamingFile, diedAtKeepingFile
    case diedAtDeletingFile, diedAtJournalFolderSync
    case diedAtSnapshotWrite, diedAtSnapshotSync, diedAtNamingSnapshot, diedAtSnapshotFolderSync
    case diedAtDeletingSnapshot
    case diedBeforeTurnsWork, diedAmidFrames, diedAfterFrames, diedAfterAnswers

    // What strikes links.
    case partitioned, besieged, clogged
    case frameLost, frameDuplicated, frameReplayedLate, frameDelayedLong, frameOverflowed
    case frameGarbled

    // What strikes disks and clocks.
    case diskFilled, diskSlowed, diskStalled, spaceRanShort, diskTurnedReadOnly
    case syncFailed, readsFailed
    case bitRotted, bitWorn, bitFlipped, sectorZeroed, sectorGarbled, sectorMisdirected,
        sectorUnreadable
    case fileTruncated, fileLost
    case diskWiped, diskRolledBack, diskCopied
    case clockChanged, clockLeapt, clockStopped

    // What operators do.
    case transferAsked, alarmRaised, alarmDisarmed
    case keyspaceCreationAsked, keyspaceDropAsked, keyspaceCreated, keyspaceDropped
    case passingKeyspaceWritten, passingKeyspaceRead

    // What nodes come to.
    case restarted, recoveredInFullyNewJournal, recoveredBehindSnapshot
    case snapshotTaken, snapshotInstalled, snapshotFailed, snapshotUnreadable
    case snapshotChunkRefused, snapshotsCrossed
    case storageFull, storageFullEnded, stoppedByStorage, damageFound, repaired, rotFound
    case diskRefused
    case malformedFrameRefused
    case appendBatched, leftBroken

    // What Raft comes to.
    case leaderElected, electionUndecided, leaderSteppedDown, leadersOverlapped
    case leaderOfManyTerms, leaderOfSeveralGroups
    case suffixTruncated, snapshotReplacedConflict, snapshotKeptSuffix
    case leadershipTransferred, leadershipNotTransferred

    // What clients meet.
    case operationSucceeded, outcomeUnknown, unansweredWriteApplied, notApplied, rejected
    case writeForwarded, answeredAfterElection, answeredLate
    case readServedByLeader, readServedByFollower, readAskedOfOldLeader, staleSerializableRead
    case transactionSucceeded, transactionFailed, futureRevisionRefused
    case lockTaken, guardedWrite, staleHolderRefused
    case compactedRead, compactedAtDeletion, outOfSpace, corruptionAlarmed

    // What leases meet.
    case leaseEnded, leaseOutlivedLeader, leaseRenewed, leaseRenewedTooLate, renewalMetExpiry
    case leaseRevoked, leasesEndedTogether

    // What watchers meet.
    case watchResumed, watchBegunAtCompaction, watchCompacted, watchStalled, watchToldOfProgress
    case watchToldOfMany

    public var isFault: Bool { rawValue < Mark.transferAsked.rawValue }

    /// What no seed reaches, as no seed has its class of faults.
    public var isOff: Bool { false }
}

extension FaultPoint {
    var mark: Mark {
        switch self {
        case .batchWritten: .diedAtBatch
        case .journalSynced: .diedAtJournalSync
        case .journalFileFilled: .diedAtFilling
        case .journalFileNamed: .diedAtNamingFile
        case .journalFileKept: .diedAtKeepingFile
        case .journalFileDeleted: .diedAtDeletingFile
        case .journalFolderSynced: .diedAtJournalFolderSync
        case .snapshotWritten: .diedAtSnapshotWrite
        case .snapshotSynced: .diedAtSnapshotSync
        case .snapshotNamed: .diedAtNamingSnapshot
        case .snapshotFolderSynced: .diedAtSnapshotFolderSync
        case .snapshotDeleted: .diedAtDeletingSnapshot
        case .turnBegun: .diedBeforeTurnsWork
        case .halfOfFrames: .diedAmidFrames
        case .framesSent: .diedAfterFrames
        case .answersGiven: .diedAfterAnswers
        }
    }
}

extension Damage {
    var mark: Mark {
        switch self {
        case .flippedBit: .bitFlipped
        case .zeroedSector: .sectorZeroed
        case .garbledSector: .sectorGarbled
        case .misdirectedSector: .sectorMisdirected
        case .unreadableSector: .sectorUnreadable
        case .truncatedFile: .fileTruncated
        case .lostFile: .fileLost
        }
    }
}
