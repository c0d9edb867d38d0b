internal import Bytes
internal import Checkers
internal import Controller
internal import Groups
internal import Journal
internal import Keyspace
internal import Model
internal import PeerWire
internal import RaftCore

// What production's driver does for a shard: ticks, turns, frames, and what comes of a turn.
extension ClusterSimulation {
    func running(_ place: Int, _ boot: UInt64) -> RunningNode? {
        guard let running = nodes[place].running, running.boot == boot else { return nil }
        return running
    }

    func tick(_ place: Int, _ boot: UInt64) throws(Violation) {
        guard let running = running(place, boot) else { return }
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        nodes[place].tickedAt = now
        let pause = nodes[place].clock.trueDuration(options.shard.tickNanoseconds)
        queue.schedule(.tick(place, boot: boot), at: now + pause)
        requestTurn(place)
    }

    /// A turn soon; what arrives until then shares it.
    func requestTurn(_ place: Int) {
        guard let running = nodes[place].running, !running.isTurnDue else { return }
        running.isTurnDue = true
        let delay = delayRandom.between(UInt64(1_000)...100_000)
        queue.schedule(.turn(place, boot: running.boot), at: now + delay)
    }

    func turn(_ place: Int, _ boot: UInt64) throws(Violation) {
        guard let running = running(place, boot) else { return }
        running.isTurnDue = false
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        running.shard.turn(into: &running.effects)
        try carryOutEffects(place, running)
        if nodes[place].running === running, running.shard.hasWork { requestTurn(place) }
    }

    func receive(_ bytes: ByteSlice, from source: Int, at target: Int) {
        guard network.isOpen(from: source, to: target), let running = nodes[target].running else {
            return
        }
        trace.mix(bytes)
        let (frame, isGarbled) = network.carry(bytes)
        if isGarbled { mark(.frameGarbled) }
        running.shard.receive(frame, from: nodes[source].id)
        requestTurn(target)
    }

    private func carryOutEffects(_ place: Int, _ running: RunningNode) throws(Violation) {
        let effects = running.effects
        try observePassing(place, running)
        for fact in effects.facts { try take(fact, place) }
        guard nodes[place].running === running else { return }
        if dies(at: .turnBegun, place) { return }
        let wasAppendUnderWay = running.isAppendUnderWay
        for job in effects.journalJobs { try submit(job, place, running) }
        for job in effects.snapshotJobs { submit(job, place, running) }
        for (number, frame) in effects.frames.enumerated() {
            if 2 * number >= effects.frames.count, dies(at: .halfOfFrames, place) { return }
            try send(frame, from: place)
        }
        if dies(at: .framesSent, place) { return }
        try observeProgress(place, running, wroteAll: !wasAppendUnderWay)
        for completion in effects.completions { try take(completion, from: place) }
        for delivery in effects.watches { take(delivery, from: place) }
        _ = dies(at: .answersGiven, place)
    }

    private func send(_ frame: OutgoingFrame, from source: Int) throws(Violation) {
        try checkPromises(frame.bytes, of: nodes[source].id)
        guard let target = nodes.firstIndex(where: { $0.id == frame.target }) else { return }
        let arrivals = network.arrivals(
            from: source,
            to: target,
            bytes: frame.bytes.count,
            at: now
        )
        for arrival in arrivals {
            queue.schedule(.frame(frame.bytes, from: source, to: target), at: arrival)
        }
    }

    /// Votes and acknowledgements are promises; what they promise must be on disk.
    private func checkPromises(_ frame: ByteSlice, of node: NodeID) throws(Violation) {
        do throws(DecodeError) {
            var reader = try PeerFrameReader(frame)
            while let item = try reader.next() {
                guard case .raft(let group, let message) = item, isObserved(group) else {
                    continue
                }
                promises.append((group, message))
            }
        } catch {
            throw Violation(.orderlyStop, "node \(node) cannot read its own frame: \(error)")
        }
        defer { promises.removeAll(keepingCapacity: true) }
        for (group, message) in promises {
            switch message.body {
            case .voteReply(let reply) where reply.isGranted && !reply.isPreVote:
                try observer.sendsVote(
                    for: message.target.number,
                    in: message.term,
                    of: group,
                    from: node
                )
            case .appendReply(.accepted(let index)):
                try observer.counts(group, from: node)
                try observer.acknowledges(index, in: message.term, of: group, from: node)
            case .repairing(let progress):
                try observer.acknowledges(
                    progress.heldIndex,
                    in: message.term,
                    of: group,
                    from: node
                )
            case .voteReply, .appendReply, .requestVote, .append, .heartbeat, .heartbeatReply,
                .installSnapshot, .timeoutNow, .repairPoint:
                continue
            }
        }
    }

    private func take(_ fact: Fact, _ place: Int) throws(Violation) {
        let node = nodes[place].id
        trace.tell(now, "node \(node): \(fact)")
        trace.mix("\(fact)")
        switch fact {
        case .becameLeader(let group, let term):
            mark(.leaderElected)
            if term.number >= 20 { mark(.leaderOfManyTerms) }
            if groupIDs.allSatisfy({ nodes[place].running?.shard.status($0)?.isLeader ?? false }) {
                mark(.leaderOfSeveralGroups)
            }
            guard isObserved(group) else { return }
            elections.append((group, now))
            try observer.becameLeader(node, in: term, of: group)
        case .lostLeadership(let group, _):
            mark(.leaderSteppedDown)
            guard isObserved(group) else { return }
            observer.lostLeadership(node, of: group)
        case .snapshotInstalled(let group, let index):
            mark(.snapshotInstalled)
            guard isObserved(group) else { return }
            try observer.installed(index, in: group, on: node)
        case .damaged, .halted: return
        case .repaired(let group, _): try takeRepaired(group, place)
        case .snapshotTaken: mark(.snapshotTaken)
        case .snapshotFailed: mark(.snapshotFailed)
        case .storageIsFull: mark(.storageFull)
        case .storageHasSpaceAgain: mark(.storageFullEnded)
        case .followsLeader, .membersChanged: return
        case .diskRefused(let reason): try refused(place, reason)
        case .rotFound(let damage): try takeRot(damage, place)
        case .malformedFrame(let source, let reason):
            guard !options.has(.garbledFrames) else { return mark(.malformedFrameRefused) }
            throw Violation(
                .orderlyStop,
                "node \(node) cannot read a frame of node \(source): \(reason)"
            )
        case .storageFailed(let reason): try stop(place, reason)
        }
    }

    /// Reads may fail, and files rot, where that was arranged.
    private func takeRot(_ damage: JournalError, _ place: Int) throws(Violation) {
        mark(.rotFound)
        guard case .damaged(let path, _, _) = damage, nodes[place].rottenPaths.contains(path)
        else {
            guard nodes[place].mayStop else {
                throw Violation(
                    .scrubbing,
                    "node \(nodes[place].id) finds rot on a sound disk: \(damage)"
                )
            }
            return
        }
    }

    private func takeRepaired(_ group: GroupID, _ place: Int) throws(Violation) {
        mark(.repaired)
        guard isObserved(group) else { return }
        try observer.repaired(group, on: nodes[place].id)
    }

    /// A node whose storage failed stops by itself; whoever watches over it starts it again.
    private func stop(_ place: Int, _ reason: String) throws(Violation) {
        mark(.stoppedByStorage)
        guard nodes[place].mayStop else {
            throw Violation(
                .orderlyStop,
                "node \(nodes[place].id) stopped on a sound disk: \(reason)"
            )
        }
        crash(place, losesPower: false)
        scheduleRestart(place)
    }

    /// What was applied, and what changed by it.
    private func observeProgress(
        _ place: Int,
        _ running: RunningNode,
        wroteAll: Bool
    ) throws(Violation) {
        let node = nodes[place].id
        // Most turns change nothing.
        let isDiskChanged = running.isDiskChanged
        running.isDiskChanged = false
        for (number, group) in groupIDs.enumerated() {
            guard let status = running.shard.status(group),
                isDiskChanged || running.statuses[number] != status
            else { continue }
            running.statuses[number] = status
            try observe(status, of: group, on: node, wroteAll: wroteAll)
        }
        for group in observedPassing {
            guard let status = running.shard.status(group),
                isDiskChanged || running.passingStatuses[group] != status
            else { continue }
            running.passingStatuses[group] = status
            try observe(status, of: group, on: node, wroteAll: wroteAll)
        }
        for number in keyspaces.indices {
            let group = keyspaces[number].group
            guard let machine = running.shard.keyspace(group),
                let status = running.shard.status(group),
                running.compared[number] != status.appliedIndex
            else { continue }
            running.compared[number] = status.appliedIndex
            try keyspaces[number].record(machine.keyspace, at: now)
            try keyspaces[number].compare(machine.keyspace, at: status.appliedIndex, on: node)
        }
    }
}

extension ClusterSimulation {
    private func observe(
        _ status: GroupStatus,
        of group: GroupID,
        on node: NodeID,
        wroteAll: Bool
    ) throws(Violation) {
        try observer.remembers(upTo: status.lastIndex, in: group, on: node, wroteAll: wroteAll)
        try observer.countsOn(status.durableIndex, in: group, on: node)
        try observer.committed(upTo: status.commitIndex, in: group, on: node, wroteAll: wroteAll)
        try observer.applied(upTo: status.appliedIndex, in: group, on: node, wroteAll: wroteAll)
    }

    /// The process is gone, and with the power everything that was not synced.
    func crash(_ place: Int, losesPower: Bool) {
        guard nodes[place].running != nil else { return }
        trace.tell(now, "node \(nodes[place].id) \(losesPower ? "loses power" : "is killed")")
        nodes[place].running = nil
        nodes[place].worn = []
        nodes[place].pausedUntil = 0
        if losesPower { nodes[place].disk.losePower() } else { nodes[place].disk.restart() }
        disconnectClients(from: place)
        disconnectWatchers(from: place)
        openTransfers.removeAll { $0.place == place }
        for group in groupIDs + observedPassing {
            observer.lostLeadership(nodes[place].id, of: group)
        }
    }

    func scheduleRestart(_ place: Int) {
        let isQuick = options.has(.quickRestart) && faultRandom.happens(permille: 500)
        let pause = isQuick ? 1_000_000 : faultRandom.between(UInt64(100_000_000)...5_000_000_000)
        queue.schedule(.restart(place), at: now + pause)
    }

    func restart(_ place: Int) throws(Violation) {
        guard nodes[place].running == nil, !nodes[place].isLeftBroken || phase == .faulty else {
            return
        }
        let node = nodes[place]
        node.boots += 1
        node.starts += 1
        node.mayStop = node.disk.faults.mayFail
        let running: RunningNode
        do throws(RunningNode.StartFailure) {
            running = try RunningNode(
                node,
                peers: nodes.map(\.id),
                seeds: seeds(of: place),
                passing: passingSeeds,
                options: options
            )
        } catch {
            return try tryAgain(place, error)
        }
        trace.tell(now, "node \(node.id) starts, boot \(node.boots)")
        mark(.restarted)
        node.running = running
        try observeDamage(node, running)
        if running.recovered.contains(where: \.isDamaged) { hinderRepair(place) }
        for replica in running.recovered + running.held where isObserved(replica.id) {
            try observeRecovered(replica, node.id)
        }
        probe(running.recovered, boots: node.boots)
        register(place, as: "boot-\(node.boots)")
        queue.schedule(.tick(place, boot: running.boot), at: now + 1_000)
        guard node.crashesLeft > 0 else { return }
        node.crashesLeft -= 1
        let soon = now + faultRandom.between(UInt64(0)...50_000_000)
        queue.schedule(.die(place, boot: running.boot), at: soon)
    }

    /// A start may fail by a disk fault that is under way, and by nothing else.
    private func tryAgain(
        _ place: Int,
        _ failure: RunningNode.StartFailure
    ) throws(Violation) {
        trace.tell(now, "node \(nodes[place].id) does not come up: \(failure)")
        let disk = nodes[place].disk
        if nodes[place].isRotten, disk.giveUpUnreadable() {
            return queue.schedule(.restart(place), at: now + 50_000_000)
        }
        guard disk.isOff || nodes[place].mayStop || disk.faults.capacity != nil else {
            throw Violation(
                .recovery,
                "node \(nodes[place].id) does not come up: \(failure)"
            )
        }
        if disk.isOff { disk.losePower() } else { disk.restart() }
        queue.schedule(.restart(place), at: now + 50_000_000)
    }

    /// Only a disk that rots may have lost something; one that has lost nothing is sound again.
    ///
    /// Of keyspaces that come and go it may have lost something, too: with another disk struck
    /// besides, nobody could lead them.
    private func observeDamage(
        _ node: SimulatedNode,
        _ running: RunningNode
    ) throws(Violation) {
        let damaged = running.recovered.filter(\.isDamaged)
        guard !damaged.isEmpty else {
            node.isRotten = node.isExchanged || node.isRotten && mayLackPassing(running)
            return
        }
        guard node.isRotten else {
            throw Violation(
                .recovery,
                "node \(node.id) finds damage on a sound disk, in groups \(damaged.map(\.id))"
            )
        }
        mark(.damageFound)
        trace.tell(now, "node \(node.id) has damaged groups: \(damaged.map(\.id))")
        for replica in damaged { observer.diskLost(replica.id, on: node.id) }
    }

    private func observeRecovered(
        _ replica: RecoveredReplica,
        _ node: NodeID
    ) throws(Violation) {
        let restored = replica.restored
        try observer.recovered(
            restored.entries.map(ObservedEntry.init(observing:)),
            after: restored.snapshot.index,
            restored.snapshot.term,
            in: replica.id,
            on: node
        )
        if !replica.isDamaged { observer.foundWhole(replica.id, on: node) }
        try observer.recoveredVote(
            restored.hardState.votedFor?.number ?? 0,
            in: restored.hardState.term,
            of: replica.id,
            on: node
        )
    }

    /// What every node holds from its first start on.
    private func seeds(of place: Int) -> [GroupSeed] {
        let voters = nodes.prefix(options.founders).map { ReplicaID($0.id.number) }
        // Who is to join later is told by its leaders who belongs to the groups.
        return GroupSeed.ofNewCluster(
            place < options.founders ? GroupConfiguration(voters: voters) : .unknown,
            keyspaces: keyspaces.map(\.group)
        )
    }
}

extension ObservedEntry {
    init(observing entry: Entry) {
        self.init(
            term: entry.term,
            payloadHash: UInt64(CRC32C.of(entry.payload)) << 8 | UInt64(entry.kind.rawValue)
        )
    }
}
