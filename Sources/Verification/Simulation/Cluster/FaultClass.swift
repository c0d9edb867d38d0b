/// A kind of fault that a seed switches on or off as a whole (swarm testing).
public enum FaultClass: String, CaseIterable, Sendable {
    case loss, duplicates, replays, disorder, slowNetwork
    case heavyTails, narrowLinks, garbledFrames, clogging
    case partitions, flapping, sieges
    case kill, powerLoss, powerLossWithinWrite, powerLossBeforeSync, everybodyDies, pause,
        quickRestart, crashLoops, faultPoints
    case diskFull, spaceErrors, readOnlyDisk, slowDisk, diskStalls, syncError, readError, bitRot
    case tornParts, garbageSectors
    case diskWiped, diskRolledBack
    case clockDrift, clockLeaps, clockStops
    case compaction, leases, stalledWatchers, transfers, quota, alarms, keyspaces

    /// Exchanges of disks.
    ///
    /// Those who know of the disk that was must be heard: with a majority of the others dead or cut off
    /// as well, more is lost than a cluster survives. So these strike in runs of their own.
    static let exchanges: [FaultClass] = [.diskWiped, .diskRolledBack]

    /// What is on in those runs.
    static let besideExchanges: [FaultClass] = [
        .diskWiped, .diskRolledBack, .loss, .duplicates, .replays, .disorder, .garbledFrames,
        .slowDisk,
        .compaction, .leases, .stalledWatchers, .transfers,
    ]
}
