internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model

// Alarms: raised by a node whose keyspace has outgrown its quota, or by an operator; disarmed by an
// operator alone.
extension ClusterSimulation {
    func raiseAlarm() {
        guard let (group, leader) = ledKeyspace else { return }
        mark(.alarmRaised)
        let type: AlarmType = faultRandom.happens(permille: 500) ? .corrupt : .noSpace
        let member = nodes[faultRandom.below(nodes.count)].id.number
        propose(AlarmRequest(action: .activate, memberID: member, alarm: type), to: group, leader)
        let end = now + faultRandom.heavyTailed(400_000_000)
        queue.schedule(.disarm, at: end)
    }

    /// All that are raised in one keyspace, or, once everything is healed, in all of them.
    func disarmAlarms() {
        guard phase == .faulty else {
            for keyspace in keyspaces { disarmAlarms(of: keyspace.group) }
            return
        }
        if let (group, _) = ledKeyspace { disarmAlarms(of: group) }
    }

    private func disarmAlarms(of group: GroupID) {
        guard let leader = leader(of: group),
            let machine = nodes[leader].running?.shard.keyspace(group)
        else { return }
        for member in machine.keyspace.alarms.members {
            mark(.alarmDisarmed)
            let request = AlarmRequest(
                action: .deactivate,
                memberID: member.memberID,
                alarm: member.alarm
            )
            propose(request, to: group, leader)
        }
    }

    private var ledKeyspace: (group: GroupID, leader: Int)? {
        guard !keyspaces.isEmpty else { return nil }
        let group = faultRandom.pick(busyGroups)
        return leader(of: group).map { (group, $0) }
    }

    private func propose(_ request: AlarmRequest, to group: GroupID, _ place: Int) {
        guard let running = nodes[place].running, nodes[place].pausedUntil <= now else { return }
        trace.tell(now, "node \(nodes[place].id) proposes \(request)")
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        running.shard.propose(.alarm, body: request.encoded, to: group, for: Self.alarmOperator)
        requestTurn(place)
    }

    /// Of whose answers nobody waits: what counts is what the replicas come to.
    private static let alarmOperator = Waiter(client: operatorNumber + 1, request: 0)

    /// Nobody is refused for an alarm that nobody can have raised.
    var mayBeAlarmed: Bool { options.has(.alarms) || options.shard.quotaBytes != nil }
}
