internal import Bytes
internal import Checkers
internal import Controller
internal import Groups
internal import Keyspace
internal import Model
internal import RaftCore

// The second phase: everything is whole again, and so must the cluster be within bounded time.
extension ClusterSimulation {
    func heal() throws(Violation) {
        endAllFaults()
        leaveSomeBroken()
        if options.has(.bitRot), let place = nodes.indices.randomElement(using: &faultRandom),
            !nodes[place].isLeftBroken
        {
            wear(place)
        }
        trace.tell(now, "the rest is healed")
        phase = .healing(since: now)
        for place in clients.indices { clients[place].successesSinceHeal = 0 }
        for place in nodes.indices where nodes[place].running == nil {
            queue.schedule(.restart(place), at: now + 1_000_000)
        }
        queue.schedule(.poll, at: now + Self.pollPause)
    }

    /// A majority is all that a cluster needs: in some runs no more than that is healed.
    ///
    /// The others are off, or cut off, or hear nobody but are heard, which disturbs most.
    private func leaveSomeBroken() {
        guard options.leavesSomeBroken else { return }
        var room = (nodes.count - 1) / 2 - nodes.count(where: \.isRotten)
        for place in nodes.indices.shuffled(using: &faultRandom) where room > 0 {
            guard !nodes[place].isRotten, faultRandom.happens(permille: 600) else { continue }
            room -= 1
            mark(.leftBroken)
            nodes[place].isLeftBroken = true
            let kind = faultRandom.below(3)
            trace.tell(now, "node \(nodes[place].id) stays broken in way \(kind)")
            disconnectClients(from: place)
            disconnectWatchers(from: place)
            openTransfers.removeAll { $0.place == place }
            if kind == 0 {
                crash(place, losesPower: false)
                continue
            }
            for other in nodes.indices where other != place {
                network.cut(from: other, to: place)
                if kind == 1 { network.cut(from: place, to: other) }
            }
        }
    }

    private static let pollPause: UInt64 = 100_000_000

    /// What the second phase may take: elections, requests that time out, transfers that stall, each
    /// several times over.
    private var patience: UInt64 {
        let shard = options.shard
        let ticks =
            20 * shard.raft.electionTicks + 3 * shard.requestTimeoutTicks
            + 4 * shard.snapshotStallTicks + 100
        // What a disk has begun it ends, however slow it was.
        let stall = SimulationOptions.diskLatencyMax
        let local = UInt64(ticks) * shard.tickNanoseconds + 20_000_000_000 + stall + scrubTime
        return local * 1_000_000 / options.clockRates.lowerBound
    }

    /// What it may take to go through the largest disk three times, if something is to be found there.
    private var scrubTime: UInt64 {
        let rate = options.shard.scrubBytesPerSecond
        let files = nodes.filter { !$0.worn.isEmpty }.map(\.disk.files)
        let most = files.map { $0.reduce(0) { $0 + ($1.size + 100_000) / rate + 1 } }.max()
        guard let most else { return 0 }
        let rest = UInt64(options.shard.scrubPauseTicks) * options.shard.tickNanoseconds
        return 3 * (UInt64(most) * 1_000_000_000 + rest)
    }

    func poll() throws(Violation) {
        switch phase {
        case .faulty, .finished: return
        case .healing(let since):
            disarmAlarms()
            removeExchanged()
            if let stuck = stuckClient {
                guard now < since + patience else {
                    throw Violation(.availability, "\(stuck)\n\(overview)")
                }
            } else {
                trace.tell(now, "clients are done")
                phase = .settling(since: now)
            }
        case .settling(let since):
            removeExchanged()
            if let difference = try difference() {
                guard now < since + patience else {
                    throw Violation(difference.invariant, "\(difference.message)\n\(overview)")
                }
            } else {
                phase = .finished
            }
        }
        queue.schedule(.poll, at: now + Self.pollPause)
    }

    private var stuckClient: String? {
        for client in clients where client.successesSinceHeal < 2 {
            return "client \(client.place) has not succeeded twice since everything was healed"
        }
        return nil
    }

    /// What still differs; nil once everything is as it should be.
    private func difference() throws(Violation) -> Violation? {
        for client in clients where client.call != nil {
            return Violation(.availability, "client \(client.place)'s call does not return")
        }
        if let open = openTransfers.first {
            return Violation(
                .availability,
                "node \(nodes[open.place].id) says nothing of a transfer"
            )
        }
        for group in groupIDs {
            if let difference = memberDifference(group) { return difference }
            if let difference = replicaDifference(group) { return difference }
        }
        for number in keyspaces.indices {
            if let difference = try stateDifference(number) { return difference }
        }
        if let difference = try passingDifference() { return difference }
        if let rot = lastingRot { return rot }
        return watchers.lazy.compactMap { self.lateness(of: $0) }.first
    }

    func replicaDifference(_ group: GroupID) -> Violation? {
        var applied: LogIndex?
        for node in nodes where !node.isLeftBroken && isMember(node) {
            guard let status = node.running?.shard.status(group) else {
                return Violation(.availability, "node \(node.id) is not up")
            }
            guard status.leader != nil else {
                return Violation(.availability, "node \(node.id) knows no leader of \(group)")
            }
            guard !status.isDamaged else {
                return Violation(.repair, "node \(node.id)'s group \(group) is not repaired")
            }
            guard status.appliedIndex == applied ?? status.appliedIndex,
                status.lastIndex == status.appliedIndex
            else {
                return Violation(
                    .convergence,
                    "node \(node.id) is at \(status) in group \(group)"
                )
            }
            applied = status.appliedIndex
        }
        return nil
    }

    private func stateDifference(_ number: Int) throws(Violation) -> Violation? {
        let group = keyspaces[number].group
        for node in nodes where !node.isLeftBroken && isMember(node) {
            guard let shard = node.running?.shard, let machine = shard.keyspace(group),
                let status = shard.status(group)
            else { continue }
            try keyspaces[number].compare(
                machine.keyspace,
                at: status.appliedIndex,
                on: node.id,
                isThorough: true
            )
            guard machine.keyspace.leases.isEmpty else {
                return Violation(
                    .catchUp,
                    "node \(node.id) still has the leases \(machine.keyspace.leases) at "
                        + "\(machine.keyspace.time)"
                )
            }
        }
        let images = nodes.filter { !$0.isLeftBroken && isMember($0) }
            .compactMap { $0.running?.shard.metadata }
        guard images.allSatisfy({ $0 == images.first }) else {
            return Violation(.convergence, "the cluster's metadata differs between nodes")
        }
        return nil
    }

    /// What rotted under a running node is still there: no other file has taken its name.
    private var lastingRot: Violation? {
        for node in nodes where !node.isLeftBroken && node.running != nil {
            for worn in node.worn where node.disk.file(at: worn.path) === worn.file {
                return Violation(.scrubbing, "node \(node.id)'s \(worn.path) has rotted")
            }
        }
        return nil
    }

    private func lateness(of watcher: SimulatedWatcher) -> Violation? {
        let history = keyspaces[watcher.keyspace].history
        guard let position = watcher.position else {
            return Violation(.catchUp, "\(watcher.history.name) was never created")
        }
        let checker = WatchChecker(history)
        guard
            checker.isOwed(watcher.history, from: position, upTo: history.lastRevision)
        else { return nil }
        return Violation(
            .catchUp,
            "\(watcher.history.name) waits for \(position) of \(history.lastRevision)"
        )
    }

    /// Where everybody is, for the message of a cluster that does not come together.
    private var overview: String {
        var lines: [String] = []
        for node in nodes {
            for group in groupIDs {
                guard let shard = node.running?.shard, let status = shard.status(group),
                    let members = shard.members(group)
                else {
                    lines.append("  node \(node.id): not up")
                    break
                }
                lines.append("  node \(node.id) group \(group): \(status) of \(members)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Where clocks leap, a lease may end at any time.
    private var clockFastestPermille: UInt64 {
        let leaps = options.has(.clockLeaps)
        return leaps ? 1_000_000_000_000 : options.clockRates.upperBound / 1_000
    }

    /// Safety, once nothing moves any more.
    func judge() throws(Violation) {
        for number in keyspaces.indices {
            let history = keyspaces[number].history
            try LockChecker(history, guarded: KeyInterval(prefix: "guarded/")).check()
            let findings = try KeyspaceChecker.check(history)
            probe(findings, in: number)
            try LeaseChecker(
                history,
                ends: findings.leaseEnds,
                clockFastestPermille: clockFastestPermille
            ).check()
            let checker = WatchChecker(history)
            for watcher in watchers where watcher.keyspace == number {
                try checker.check(watcher.history)
            }
            for watch in finishedWatches where watch.keyspace == number {
                try checker.check(watch.history)
            }
        }
    }
}
