/// A kind of fault that a seed switches on or off as a whole (swarm testing).
public enum FaultClass: String, CaseIterable, Sendable {
    case loss, duplicates, replays, disorder, slowNetwork
    case partitions, flapping, sieges
    case kill, powerLoss, powerLossWithinWrite, powerLossBeforeSync, everybodyDies, pause,
        quickRestart
    case diskFull, slowDisk, syncError, readError, bitRot
    case clockDrift
    case compaction, leases, stalledWatchers, transfers
}
