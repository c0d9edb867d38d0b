internal import Groups
internal import Model

// What strikes the links between nodes.
extension ClusterSimulation {
    /// Whether the fault was one of these.
    func strikeNetwork(_ fault: FaultClass, _ place: Int) -> Bool {
        switch fault {
        case .partitions: cutLinks(for: faultRandom.heavyTailed(1_000_000_000))
        case .flapping: cutLinks(for: faultRandom.between(UInt64(10_000_000)...200_000_000))
        case .clogging: clog()
        default: return false
        }
        return true
    }

    /// Some nodes' links are clogged, one by one, and cleared in another order (FoundationDB's
    /// swizzling).
    private func clog() {
        mark(.clogged)
        for place in nodes.indices where faultRandom.happens(permille: 500) {
            let start = now + faultRandom.between(UInt64(0)...300_000_000)
            let end = start + faultRandom.heavyTailed(500_000_000)
            queue.schedule(.clog(place, until: end), at: start)
        }
    }

    func clog(_ place: Int, until end: UInt64) {
        guard phase == .faulty else { return }
        network.clog(place, until: end)
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
    func besiege() {
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
}
