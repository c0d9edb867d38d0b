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
    case compaction, leases, stalledWatchers, transfers, quota, alarms

    /// What the product does not survive as yet.
    ///
    /// A node whose disk was exchanged is to be known by its incarnation, and refused. Off in every
    /// seed.
    static let unsurvived: [FaultClass] = [.diskWiped, .diskRolledBack]
}
