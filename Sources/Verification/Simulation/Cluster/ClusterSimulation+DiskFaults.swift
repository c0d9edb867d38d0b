internal import Checkers
internal import Groups
internal import Model

// What strikes disks.
extension ClusterSimulation {
    /// Whether the fault was one of these.
    func strikeDisk(_ fault: FaultClass, _ place: Int) -> Bool {
        switch fault {
        case .diskFull: fillDisk(place)
        case .spaceErrors: runShort(place)
        case .readOnlyDisk: turnReadOnly(place)
        case .slowDisk: slowDisk(place)
        case .diskStalls: stall(place)
        case .syncError: failSync(place)
        case .readError: failReads(place)
        case .bitRot: rot(place)
        case .diskWiped: wipeDisk(place)
        case .diskRolledBack: rollBack(place)
        default: return false
        }
        return true
    }

    private func fillDisk(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk is full")
        mark(.diskFilled)
        nodes[place].disk.faults.capacity = nodes[place].disk.usedBytes + faultRandom.below(2_000)
        let duration = faultRandom.heavyTailed(1_000_000_000)
        queue.schedule(.faultEnds(.diskFull(place)), at: now + duration)
    }

    func slowDisk(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk is slow")
        mark(.diskSlowed)
        // Now and then so slow that leaders change while a write is under way.
        let slowest = max(options.electionTime / options.diskLatency, 3)
        let isSluggish = faultRandom.happens(permille: 400)
        nodes[place].diskSlowness = faultRandom.between(2...(isSluggish ? slowest : 100))
        let duration = faultRandom.heavyTailed(1_000_000_000)
        queue.schedule(.faultEnds(.slowDisk(place)), at: now + duration)
    }

    private func failSync(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk will fail to sync")
        mark(.syncFailed)
        nodes[place].mayStop = true
        nodes[place].disk.faults.syncFault = faultRandom.pick(SyncFault.allCases)
    }

    private func failReads(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk fails to read")
        mark(.readsFailed)
        nodes[place].mayStop = true
        nodes[place].disk.faults.readFaultPermille = faultRandom.pick([10, 100, 500])
        let duration = faultRandom.heavyTailed(300_000_000)
        queue.schedule(.faultEnds(.readError(place)), at: now + duration)
    }

    /// Renames, syncs and new files find no space, now and then.
    private func runShort(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk runs short of space")
        mark(.spaceRanShort)
        nodes[place].mayStop = true
        nodes[place].disk.faults.fullPermille = faultRandom.pick([20, 200, 1_000])
        let duration = faultRandom.heavyTailed(500_000_000)
        queue.schedule(.faultEnds(.spaceErrors(place)), at: now + duration)
    }

    private func turnReadOnly(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk is read-only")
        mark(.diskTurnedReadOnly)
        nodes[place].mayStop = true
        nodes[place].disk.faults.isReadOnly = true
        let duration = faultRandom.heavyTailed(500_000_000)
        queue.schedule(.faultEnds(.readOnly(place)), at: now + duration)
    }

    /// The next write takes seconds.
    private func stall(_ place: Int) {
        mark(.diskStalled)
        let longest = SimulationOptions.diskLatencyMax
        nodes[place].diskStall = faultRandom.between(UInt64(1_000_000_000)...longest)
    }

    /// Bytes change while the node is down, on a minority of the disks and never in the newest
    /// files, where damage cannot be told from a write that the power cut short.
    private func rot(_ place: Int) {
        let node = nodes[place]
        guard mayDamage(node), node.running != nil else { return }
        if faultRandom.happens(permille: 400) { return wear(place) }
        let sealed = node.disk.files.filter { $0.path.hasPrefix("journal/journal-") }.dropLast(2)
        let snapshots = node.disk.files.filter { $0.path.hasSuffix(".snap") }
        // Mostly there are snapshots only: it waits for sealed files.
        let candidates = faultRandom.happens(permille: 700) ? Array(sealed) : snapshots
        guard !candidates.isEmpty else { return }
        let file = faultRandom.pick(candidates)
        let damage = faultRandom.pick(Damage.allCases)
        kill(place)
        node.isRotten = true
        node.rottenPaths.append(file.path)
        hasLostData = true
        mark(.bitRotted)
        mark(damage.mark)
        let offset = node.disk.suffer(damage, at: file.path) ?? 0
        trace.tell(now, "node \(node.id)'s \(file.path) suffers a \(damage) at byte \(offset)")
    }

    /// Bits change under a running process, in a file that was sound: it reads its files again, and is
    /// to find that.
    func wear(_ place: Int) {
        let node = nodes[place]
        guard mayDamage(node), node.running != nil, options.shard.scrubBytesPerSecond > 0 else {
            return
        }
        let files = node.disk.files.filter { !node.rottenPaths.contains($0.path) }.map(\.path)
        let cold = files.filter { $0.hasPrefix("journal/journal-") }.dropLast(2)
        let snapshots = files.filter { $0.hasSuffix(".snap") }
        let candidates = faultRandom.happens(permille: 700) ? Array(cold) : snapshots
        guard !candidates.isEmpty else { return }
        let path = faultRandom.pick(candidates)
        guard let file = node.disk.file(at: path) else { return }
        let ranges = file.checkedRanges
        guard !ranges.isEmpty else { return }
        let range = faultRandom.pick(ranges)
        let offset = faultRandom.between(range.lowerBound...range.upperBound - 1)
        file.rot(at: offset, bit: faultRandom.below(8))
        node.isRotten = true
        node.rottenPaths.append(path)
        hasLostData = true
        node.worn.append(SimulatedNode.WornFile(path: path, file: file))
        mark(.bitWorn)
        trace.tell(now, "node \(node.id)'s \(path) rots at byte \(offset) as it runs")
    }

    /// A disk that loses something may be slow besides, or its node start time and again: so that
    /// repairs are cut short, and journals roll while they are under way.
    func hinderRepair(_ place: Int) {
        guard phase == .faulty else { return }
        if options.has(.slowDisk), faultRandom.happens(permille: 400) { slowDisk(place) }
        guard options.has(.crashLoops), faultRandom.happens(permille: 400) else { return }
        nodes[place].crashesLeft = max(nodes[place].crashesLeft, faultRandom.between(1...4))
    }

    func mayDamage(_ node: SimulatedNode) -> Bool {
        node.isRotten || nodes.count(where: \.isRotten) < (nodes.count - 1) / 2
    }
}
