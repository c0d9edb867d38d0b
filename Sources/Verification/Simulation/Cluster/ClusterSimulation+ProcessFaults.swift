internal import Groups
internal import Model

// What strikes processes and their machines.
extension ClusterSimulation {
    /// Whether the fault was one of these.
    func strikeProcess(_ fault: FaultClass, _ place: Int) -> Bool {
        switch fault {
        case .kill: kill(place)
        case .powerLoss: losePower(place)
        case .powerLossWithinWrite:
            nodes[place].disk.changesUntilPowerFails = faultRandom.below(40)
        case .everybodyDies: killEverybody()
        case .pause: pause(place, for: faultRandom.between(1_000_000...options.electionTime * 5))
        case .crashLoops:
            guard nodes[place].running != nil else { break }
            mark(.crashLoopBegun)
            nodes[place].crashesLeft = faultRandom.between(2...6)
            kill(place)
        case .faultPoints: arm(place)
        default: return false
        }
        return true
    }

    /// The next time that the node comes to a point of a given name, it dies there.
    private func arm(_ place: Int) {
        guard nodes[place].running != nil else { return }
        let point = ArmedFaultPoint(
            point: faultRandom.pick(FaultPoint.allCases),
            isAfter: faultRandom.happens(permille: 500),
            losesPower: faultRandom.happens(permille: 500)
        )
        if point.point.isOfTurn {
            nodes[place].armedStep = point
        } else {
            nodes[place].disk.armed = point
        }
    }

    /// Whether the node has come to the point between the steps of its turn at which it dies.
    func dies(at point: FaultPoint, _ place: Int) -> Bool {
        guard let armed = nodes[place].armedStep, armed.point == point, mayLose(place) else {
            return false
        }
        strikeAt(armed, place)
        return true
    }

    func strikeAt(_ armed: ArmedFaultPoint, _ place: Int) {
        trace.tell(now, "node \(nodes[place].id) dies at \(armed.point), after: \(armed.isAfter)")
        mark(armed.point.mark)
        crash(place, losesPower: armed.losesPower)
        scheduleRestart(place)
    }

    /// One of a row of crashes, each soon after the start.
    func die(_ place: Int, _ boot: UInt64) {
        guard phase == .faulty, running(place, boot) != nil else { return }
        mark(.diedWhileStarting)
        crash(place, losesPower: faultRandom.happens(permille: 300))
        scheduleRestart(place)
    }

    func kill(_ place: Int) {
        guard nodes[place].running != nil else { return }
        mark(.killed)
        crash(place, losesPower: false)
        scheduleRestart(place)
    }

    func losePower(_ place: Int) {
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

    func pause(_ place: Int, for pause: UInt64) {
        guard nodes[place].running != nil else { return }
        trace.tell(now, "node \(nodes[place].id) is paused for \(pause / 1_000_000) ms")
        mark(.paused)
        nodes[place].pausedUntil = now + pause
        nodes[place].wakesInOrder = faultRandom.happens(permille: 500)
    }
}
