internal import Checkers
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model

// Watchers: attach to a node's hub, are told, stall, ask for progress, move on.
extension ClusterSimulation {
    /// Now and then each watcher does something; more seldom once everything is to settle.
    func wakeWatcher(_ place: Int) {
        guard phase != .finished else { return }
        defer {
            let pause = watchers[place].random.between(UInt64(20_000_000)...options.watcherPauseMax)
            queue.schedule(.watcher(place), at: now + pause)
        }
        guard let node = watchers[place].node, let running = nodes[node].running else {
            return attach(place)
        }
        guard let machine = running.shard.keyspace(keyspaces[watchers[place].keyspace].group) else {
            return
        }
        let stream = watchers[place].stream
        switch watchers[place].random.below(10) {
        case 0 where phase == .faulty:
            machine.watches.close(stream)
            detach(place)
        case 1, 2:
            let answer = machine.watches.requestProgress(on: stream, in: machine.keyspace)
            if let answer { take(answer, from: node) } else { wakeWatches(place, on: node) }
        case 3,
            4 where phase == .faulty && options.has(.stalledWatchers):
            mark(.watchStalled)
            watchers[place].isWritable = false
            machine.watches.setWritable(stream, false)
        default:
            guard !watchers[place].isWritable else { return }
            watchers[place].isWritable = true
            machine.watches.setWritable(stream, true)
            wakeWatches(place, on: node)
        }
    }

    private func attach(_ place: Int) {
        let running = reachableNodes
        guard !running.isEmpty else { return }
        let node = watchers[place].random.pick(running)
        let group = keyspaces[watchers[place].keyspace].group
        guard let machine = nodes[node].running?.shard.keyspace(group) else { return }
        if watchers[place].position != nil { mark(.watchResumed) }
        let oldest = machine.keyspace.compactRevision.number
        if phase == .faulty, oldest > 0, watchers[place].random.happens(permille: 500) {
            finishedWatches.append(
                (watchers[place].keyspace, watchers[place].beginAnew(at: oldest))
            )
            mark(.watchBegunAtCompaction)
        }
        let request = watchers[place].attach(to: node)
        trace.tell(now, "watcher \(place) on node \(nodes[node].id): \(request)")
        let deliveries = machine.watches.create(
            request,
            on: watchers[place].stream,
            in: machine.keyspace
        )
        for delivery in deliveries { take(delivery, from: node) }
        wakeWatches(place, on: node)
    }

    private func wakeWatches(_ place: Int, on node: Int) {
        nodes[node].running?.shard.wakeWatches(of: keyspaces[watchers[place].keyspace].group)
        requestTurn(node)
    }

    func take(_ delivery: WatchDelivery, from node: Int) {
        guard
            let place = watchers.firstIndex(where: {
                $0.node == node && $0.stream == delivery.stream
            })
        else { return }
        trace.tell(now, "watcher \(place): \(delivery.response.line)")
        trace.mix(delivery.response.header?.revision ?? 0)
        trace.mix(delivery.response.events.count)
        let response = delivery.response
        if response.events.isEmpty, !response.created, !response.canceled {
            mark(.watchToldOfProgress)
        }
        if response.events.count > 100 { mark(.watchToldOfMany) }
        guard !watchers[place].take(response) else { return }
        mark(.watchCompacted)
        detach(place)
    }

    private func detach(_ place: Int) {
        trace.tell(now, "watcher \(place) leaves")
        watchers[place].node = nil
    }

    func disconnectWatchers(from node: Int) {
        for place in watchers.indices where watchers[place].node == node { detach(place) }
    }
}
