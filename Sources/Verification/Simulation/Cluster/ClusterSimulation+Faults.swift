internal import Checkers
internal import Groups
internal import Model
internal import RaftCore

// What strikes, one fault at a time, as the seed's classes allow.
extension ClusterSimulation {
    func strike() throws(Violation) {
        guard phase == .faulty else { return }
        queue.schedule(.fault, at: now + faultRandom.heavyTailed(options.faultPause))
        // It takes several at once to besiege a leader, so that would seldom come about by itself.
        if options.has(.sieges), faultRandom.happens(permille: 250) { return besiege() }
        if options.has(.transfers), faultRandom.happens(permille: 250) { return askForTransfer() }
        // Whoever is elected meanwhile needs luck enough.
        guard now >= siege.end || faultRandom.happens(permille: 200) else { return }
        let candidates = Self.strikes.filter { options.has($0) }
        guard !candidates.isEmpty else { return }
        let place = victim
        guard mayLose(place) else { return }
        let fault = faultRandom.pick(candidates)
        if strikeNetwork(fault, place) || strikeProcess(fault, place) || strikeDisk(fault, place) {
            return
        }
        strikeClock(fault, place)
    }

    private static let strikes: [FaultClass] = [
        .kill, .powerLoss, .powerLossWithinWrite, .everybodyDies, .pause, .crashLoops, .faultPoints,
        .faultPoints, .partitions, .flapping, .clogging, .diskFull, .spaceErrors, .readOnlyDisk,
        .slowDisk, .diskStalls, .syncError, .readError, .bitRot, .bitRot, .diskWiped,
        .diskRolledBack, .clockDrift, .clockLeaps, .clockStops, .quota, .alarms,
    ]

    /// Anybody, and rather often somebody who leads.
    private var victim: Int {
        let isLeader = faultRandom.happens(permille: 300)
        if isLeader, let leader = leader(of: faultRandom.pick(busyGroups)) {
            return leader
        }
        return faultRandom.below(nodes.count)
    }

    /// Whether there is a majority without this node; in some runs it may be lost, too.
    func mayLose(_ place: Int) -> Bool {
        guard options.sparesMajority else { return true }
        return nodes.count < 3 || hasMajority(without: [place])
    }

    func hasMajority(without lost: [Int]) -> Bool {
        let left = nodes.indices.filter {
            !lost.contains($0) && !(now < siege.end && siege.inside.contains($0))
                && nodes[$0].running != nil && nodes[$0].pausedUntil <= now
        }
        return left.count > nodes.count / 2
    }

    /// Whoever leads and has the highest term.
    func leader(of group: GroupID) -> Int? {
        var found: (place: Int, term: Term)?
        for place in nodes.indices {
            guard let status = nodes[place].running?.shard.status(group),
                status.isLeader, status.term > found?.term ?? .zero
            else { continue }
            found = (place, status.term)
        }
        return found?.place
    }

    private func strikeClock(_ fault: FaultClass, _ place: Int) {
        switch fault {
        case .clockDrift:
            mark(.clockChanged)
            nodes[place].clock.run(at: faultRandom.between(options.clockRates), from: now)
        case .clockLeaps:
            mark(.clockLeapt)
            let leaps: [UInt64] = [1_000_000_000, 60_000_000_000, 86_400_000_000_000]
            nodes[place].clock.leap(by: faultRandom.pick(leaps), at: now)
        case .clockStops:
            mark(.clockStopped)
            let duration = faultRandom.between(UInt64(100_000_000)...5_000_000_000)
            nodes[place].clock.freeze(for: duration, from: now)
        case .quota: disarmAlarms()
        case .alarms: raiseAlarm()
        default: break
        }
    }

    func end(_ fault: LastingFault) {
        guard phase == .faulty else { return }
        switch fault {
        case .partition(let number):
            guard number == partitions else { return }
            trace.tell(now, "the partition ends")
            network.mend()
        case .diskFull(let place): nodes[place].disk.faults.capacity = nil
        case .spaceErrors(let place): nodes[place].disk.faults.fullPermille = 0
        case .readOnly(let place): nodes[place].disk.faults.isReadOnly = false
        case .slowDisk(let place): nodes[place].diskSlowness = 1
        case .readError(let place): nodes[place].disk.faults.readFaultPermille = 0
        }
    }

    func endAllFaults() {
        network.reset()
        network.conditions = .calm
        for node in nodes {
            node.disk.faults = DiskFaults()
            node.disk.changesUntilPowerFails = nil
            node.disk.armed = nil
            node.armedStep = nil
            node.crashesLeft = 0
            node.diskSlowness = 1
            node.pausedUntil = 0
        }
    }
}
