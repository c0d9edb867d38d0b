internal import Checkers
internal import Groups
internal import Model
internal import RaftCore

// What strikes, one fault at a time, as the seed's classes allow.
extension ClusterSimulation {
    func strike() throws(Violation) {
        guard phase == .faulty else { return }
        queue.schedule(.fault, at: now + faultRandom.heavyTailed(options.faultPause))
        let candidates = Self.strikes.filter { options.has($0) }
        guard !candidates.isEmpty else { return }
        let place = faultRandom.below(nodes.count)
        switch faultRandom.pick(candidates) {
        case .kill: kill(place)
        case .powerLoss: losePower(place)
        case .powerLossWithinWrite:
            nodes[place].disk.changesUntilPowerFails = faultRandom.below(40)
        case .everybodyDies: killEverybody()
        case .pause: pause(place)
        case .partitions: cutLinks(for: faultRandom.heavyTailed(1_000_000_000))
        case .flapping: cutLinks(for: faultRandom.between(UInt64(10_000_000)...200_000_000))
        case .diskFull: fillDisk(place)
        case .slowDisk: slowDisk(place)
        case .syncError: failSync(place)
        case .readError: failReads(place)
        case .bitRot: rot(place)
        case .clockDrift: changeClock(place)
        case .powerLossBeforeSync, .loss, .duplicates, .replays, .disorder, .slowNetwork,
            .quickRestart, .compaction,
            .leases, .stalledWatchers:
            break
        }
    }

    private static let strikes: [FaultClass] = [
        .kill, .powerLoss, .powerLossWithinWrite, .everybodyDies, .pause, .partitions, .flapping,
        .diskFull, .slowDisk, .syncError, .readError, .bitRot, .clockDrift,
    ]

    private func kill(_ place: Int) {
        guard nodes[place].running != nil else { return }
        mark(.killed)
        crash(place, losesPower: false)
        scheduleRestart(place)
    }

    private func losePower(_ place: Int) {
        guard nodes[place].running != nil else { return }
        mark(.poweredOff)
        crash(place, losesPower: true)
        scheduleRestart(place)
    }

    private func killEverybody() {
        guard faultRandom.happens(permille: 300) else { return }
        mark(.everybodyDied)
        for place in nodes.indices { losePower(place) }
    }

    private func pause(_ place: Int) {
        guard nodes[place].running != nil else { return }
        let electionTime =
            options.shard.tickNanoseconds * UInt64(options.shard.raft.electionTicks)
        let pause = faultRandom.between(1_000_000...electionTime * 5)
        trace.tell(now, "node \(nodes[place].id) is paused for \(pause / 1_000_000) ms")
        mark(.paused)
        nodes[place].pausedUntil = now + pause
    }

    private func cutLinks(for duration: UInt64) {
        partitions += 1
        let partition = faultRandom.pick(Array(Partition.allCases))
        network.mend()
        let links = partition.links(nodes: nodes.count, leader: leader, &faultRandom)
        for link in links { network.cut(from: link.source, to: link.target) }
        trace.tell(now, "partition: \(partition), \(links.count) links cut")
        mark(.partitioned)
        queue.schedule(.faultEnds(.partition(number: partitions)), at: now + duration)
    }

    /// Whoever leads the first keyspace and has the highest term.
    private var leader: Int? {
        var found: (place: Int, term: Term)?
        for place in nodes.indices {
            guard let status = nodes[place].running?.shard.status(keyspaces[0].group),
                status.isLeader, status.term > found?.term ?? .zero
            else { continue }
            found = (place, status.term)
        }
        return found?.place
    }

    private func fillDisk(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk is full")
        mark(.diskFilled)
        nodes[place].disk.capacity = nodes[place].disk.usedBytes + faultRandom.below(2_000)
        let duration = faultRandom.heavyTailed(1_000_000_000)
        queue.schedule(.faultEnds(.diskFull(place)), at: now + duration)
    }

    private func slowDisk(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk is slow")
        mark(.diskSlowed)
        nodes[place].diskSlowness = faultRandom.between(UInt64(2)...100)
        let duration = faultRandom.heavyTailed(1_000_000_000)
        queue.schedule(.faultEnds(.slowDisk(place)), at: now + duration)
    }

    private func failSync(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk will fail to sync")
        mark(.syncFailed)
        nodes[place].mayStop = true
        nodes[place].disk.syncFault = faultRandom.pick([.reverts, .staysDirty])
    }

    private func failReads(_ place: Int) {
        trace.tell(now, "node \(nodes[place].id)'s disk fails to read")
        mark(.readsFailed)
        nodes[place].mayStop = true
        nodes[place].disk.readFaultPermille = faultRandom.pick([10, 100, 500])
        let duration = faultRandom.heavyTailed(300_000_000)
        queue.schedule(.faultEnds(.readError(place)), at: now + duration)
    }

    /// A bit changes while the node is down, on a minority of the disks and never in the newest
    /// files, where damage cannot be told from a write that the power cut short.
    private func rot(_ place: Int) {
        let rotten = nodes.filter(\.isRotten).count
        let node = nodes[place]
        guard node.isRotten || rotten < (nodes.count - 1) / 2, node.running != nil else { return }
        let sealed = node.disk.files.filter { $0.path.hasPrefix("journal/journal-") }.dropLast(2)
        let snapshots = node.disk.files.filter { $0.path.hasSuffix(".snap") }
        let candidates = sealed + snapshots
        guard !candidates.isEmpty else { return }
        let file = faultRandom.pick(Array(candidates))
        kill(place)
        node.isRotten = true
        mark(.bitRotted)
        let offset = node.disk.rot(file.path, in: 0..<file.size) ?? 0
        trace.tell(now, "node \(node.id)'s \(file.path) rots at byte \(offset)")
    }

    private func changeClock(_ place: Int) {
        mark(.clockChanged)
        nodes[place].clock.run(at: faultRandom.between(900_000...1_100_000), from: now)
    }

    func end(_ fault: LastingFault) {
        guard phase == .faulty else { return }
        switch fault {
        case .partition(let number):
            guard number == partitions else { return }
            trace.tell(now, "the partition ends")
            network.mend()
        case .diskFull(let place): nodes[place].disk.capacity = nil
        case .slowDisk(let place): nodes[place].diskSlowness = 1
        case .readError(let place): nodes[place].disk.readFaultPermille = 0
        }
    }

    func endAllFaults() {
        network.mend()
        network.conditions = .calm
        for node in nodes {
            node.disk.capacity = nil
            node.disk.syncFault = nil
            node.disk.readFaultPermille = 0
            node.disk.changesUntilPowerFails = nil
            node.diskSlowness = 1
            node.pausedUntil = 0
        }
    }
}
