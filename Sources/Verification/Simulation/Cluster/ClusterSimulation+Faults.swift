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
        switch faultRandom.pick(candidates) {
        case .kill: kill(place)
        case .powerLoss: losePower(place)
        case .powerLossWithinWrite:
            nodes[place].disk.changesUntilPowerFails = faultRandom.below(40)
        case .everybodyDies: killEverybody()
        case .pause: pause(place, for: faultRandom.between(1_000_000...options.electionTime * 5))
        case .partitions: cutLinks(for: faultRandom.heavyTailed(1_000_000_000))
        case .flapping: cutLinks(for: faultRandom.between(UInt64(10_000_000)...200_000_000))
        case .diskFull: fillDisk(place)
        case .slowDisk: slowDisk(place)
        case .syncError: failSync(place)
        case .readError: failReads(place)
        case .bitRot: rot(place)
        case .clockDrift: changeClock(place)
        case .sieges, .powerLossBeforeSync, .loss, .duplicates, .replays, .disorder, .slowNetwork,
            .quickRestart, .compaction,
            .leases, .stalledWatchers, .transfers:
            break
        }
    }

    private static let strikes: [FaultClass] = [
        .kill, .powerLoss, .powerLossWithinWrite, .everybodyDies, .pause, .partitions, .flapping,
        .diskFull, .slowDisk, .syncError, .readError, .bitRot, .bitRot,
        .clockDrift,
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

    private func hasMajority(without lost: [Int]) -> Bool {
        let left = nodes.indices.filter {
            !lost.contains($0) && !(now < siege.end && siege.inside.contains($0))
                && nodes[$0].running != nil && nodes[$0].pausedUntil <= now
        }
        return left.count > nodes.count / 2
    }

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
        guard faultRandom.happens(permille: options.sparesMajority ? 100 : 300) else { return }
        mark(.everybodyDied)
        for place in nodes.indices { losePower(place) }
    }

    private func pause(_ place: Int, for pause: UInt64) {
        guard nodes[place].running != nil else { return }
        trace.tell(now, "node \(nodes[place].id) is paused for \(pause / 1_000_000) ms")
        mark(.paused)
        nodes[place].pausedUntil = now + pause
        nodes[place].wakesInOrder = faultRandom.happens(permille: 500)
    }

    private func cutLinks(for duration: UInt64) {
        guard now >= siege.end else { return }
        partitions += 1
        let partition = faultRandom.pick(Array(Partition.allCases))
        network.mend()
        let leader = leader(of: busyGroups[0])
        let links = partition.links(nodes: nodes.count, leader: leader, &faultRandom)
        for link in links { network.cut(from: link.source, to: link.target) }
        trace.tell(now, "partition: \(partition), \(links.count) links cut")
        mark(.partitioned)
        queue.schedule(.faultEnds(.partition(number: partitions)), at: now + duration)
    }

    /// A leader is cut off, alone or with too few others, while clients throng to it and soon give
    /// each call up: it goes on for a while, and so does whoever is elected elsewhere.
    private func besiege() {
        guard nodes.count > 2, now >= siege.end,
            let leader = leader(of: faultRandom.pick(busyGroups))
        else { return }
        var inside = [leader]
        for _ in 0..<faultRandom.below((nodes.count - 1) / 2) {
            let other = faultRandom.below(nodes.count)
            if !inside.contains(other) { inside.append(other) }
        }
        guard !options.sparesMajority || hasMajority(without: inside) else { return }
        partitions += 1
        network.mend()
        for one in inside {
            for other in nodes.indices where !inside.contains(other) {
                network.cut(from: one, to: other)
                network.cut(from: other, to: one)
            }
        }
        trace.tell(now, "siege of nodes \(inside.map { nodes[$0].id })")
        mark(.besieged)
        for one in inside {
            if options.has(.clockDrift), faultRandom.happens(permille: 500) {
                nodes[one].clock.run(at: options.clockRates.lowerBound, from: now)
            }
            if options.has(.slowDisk), faultRandom.happens(permille: 400) { slowDisk(one) }
            if options.has(.pause), faultRandom.happens(permille: 400) {
                let time = options.electionTime
                pause(one, for: faultRandom.between(time...time * 4))
            }
        }
        let end = now + faultRandom.between(options.electionTime...options.electionTime * 6)
        siege = (inside, end)
        for place in clients.indices where faultRandom.happens(permille: 600) {
            clients[place].stay = (faultRandom.pick(inside), end)
        }
        queue.schedule(.faultEnds(.partition(number: partitions)), at: end)
    }

    /// A node hears and is heard no more, for a while.
    func cutOff(_ place: Int) {
        guard phase == .faulty, now >= siege.end else { return }
        partitions += 1
        network.mend()
        for other in nodes.indices where other != place {
            network.cut(from: place, to: other)
            network.cut(from: other, to: place)
        }
        trace.tell(now, "node \(nodes[place].id) is cut off")
        mark(.partitioned)
        let end = now + faultRandom.between(options.electionTime...options.electionTime * 4)
        siege = ([place], end)
        queue.schedule(.faultEnds(.partition(number: partitions)), at: end)
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
        // Mostly there are snapshots only: it waits for sealed files.
        let candidates = faultRandom.happens(permille: 700) ? Array(sealed) : snapshots
        guard !candidates.isEmpty else { return }
        let file = faultRandom.pick(candidates)
        kill(place)
        node.isRotten = true
        mark(.bitRotted)
        let offset = node.disk.rot(file.path, in: 0..<file.size) ?? 0
        trace.tell(now, "node \(node.id)'s \(file.path) rots at byte \(offset)")
    }

    private func changeClock(_ place: Int) {
        mark(.clockChanged)
        nodes[place].clock.run(at: faultRandom.between(options.clockRates), from: now)
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
