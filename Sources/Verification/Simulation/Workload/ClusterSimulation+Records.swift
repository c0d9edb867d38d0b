internal import Controller
internal import Groups
internal import Model

// Where there are no clients, nodes write records of their own, as production's do when they start.
extension ClusterSimulation {
    func record() {
        guard phase == .faulty else { return }
        queue.schedule(.record, at: now + delayRandom.heavyTailed(options.recordPause))
        let awake = nodes.indices.filter {
            nodes[$0].running != nil && nodes[$0].pausedUntil <= now
        }
        guard !awake.isEmpty else { return }
        register(delayRandom.pick(awake), as: "record at \(now)")
    }

    /// Proposes what the cluster is to know of a node.
    func register(_ place: Int, as address: String) {
        let node = nodes[place]
        guard let running = node.running else { return }
        running.shard.advance(to: node.clock.reading(at: now))
        running.shard.propose(
            .nodeRegistered(
                NodeRecord(
                    id: node.id,
                    name: "node-\(node.id)",
                    peerAddress: address,
                    clientURLs: [],
                    life: running.shard.life
                )
            )
        )
        requestTurn(place)
    }
}
