internal import Checkers
internal import Groups
internal import Model

// An operator, who has leaders hand over now and then, and nodes that are to stop do so.
extension ClusterSimulation {
    /// In the place of a client's number.
    static let operatorNumber: UInt32 = 3_000_000

    func askForTransfer() {
        let group = faultRandom.pick(groupIDs)
        let leader = nodes.firstIndex {
            $0.running?.shard.status(group)?.isLeader ?? false && $0.pausedUntil <= now
        }
        let isStranger = faultRandom.happens(permille: 100)
        let place = isStranger ? faultRandom.below(nodes.count) : leader
        guard let place, let running = nodes[place].running, nodes[place].pausedUntil <= now else {
            return
        }
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        if faultRandom.happens(permille: 200) {
            trace.tell(now, "node \(nodes[place].id) hands over all that it leads")
            _ = running.shard.handOverLeaderships()
        } else {
            let chosen = faultRandom.below(nodes.count)
            let successor = nodes[chosen].id
            if options.has(.partitions), faultRandom.happens(permille: 400) {
                // Just as it takes over.
                let delay = options.network.typicalDelay * 4 + options.diskLatency
                queue.schedule(.cutOff(chosen), at: now + faultRandom.between(0...delay))
            }
            trace.tell(now, "node \(nodes[place].id) is to hand group \(group) to \(successor)")
            lastTransfer += 1
            openTransfers.append((lastTransfer, place))
            let waiter = Waiter(client: Self.operatorNumber, request: lastTransfer)
            running.shard.transferLeadership(of: group, to: successor, for: waiter)
        }
        mark(.transferAsked)
        requestTurn(place)
    }

    /// Whether the completion is the operator's.
    func takeTransfer(_ completion: Completion, from node: Int) throws(Violation) -> Bool {
        guard completion.waiter.client == Self.operatorNumber else { return false }
        openTransfers.removeAll { $0.number == completion.waiter.request }
        trace.tell(now, "node \(nodes[node].id) on the transfer: \(completion.result)")
        switch completion.result {
        case .leadershipTransferred: mark(.leadershipTransferred)
        case .refused(.notLeader), .refused(.notTransferred), .refused(.tooManyRequests):
            mark(.leadershipNotTransferred)
        case .refused(.notVoter) where options.memberPause > 0: return true
        case .refused(let refusal):
            throw Violation(.orderlyStop, "a sound transfer was refused: \(refusal)")
        case .applied, .readable, .metadataChanged, .streams:
            throw Violation(.orderlyStop, "a transfer was answered as a client's call")
        }
        return true
    }
}
