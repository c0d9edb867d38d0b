internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Alarms, and the quota that raises one.
extension EtcdConnection {
    /// A list is read like any other; what changes goes through the log.
    func serveAlarm(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: AlarmRequest = decode(key, message) else { return }
        guard request.action != .get else { return read(key, .alarms(request.alarm)) }
        propose(key, .alarm, message) { (_: AlarmRequest) throws(KeyspaceError) in }
    }

    func answerAlarms(_ key: CallKey, of type: AlarmType) {
        let alarms = machine(key)?.keyspace.alarms.members(of: type) ?? []
        answer(key, AlarmResponse(header: header(key), alarms: alarms))
    }

    /// True if `cost` more bytes are too many for the quota: the call is then refused.
    ///
    /// As in etcd the client hears of it once the alarm is raised, so that what it looks at next
    /// shows why it was refused.
    func refuses(_ key: CallKey, growthBy cost: Int) -> Bool {
        guard let number, front.isTooMuch(growth: cost, in: calls.group(of: key)) else {
            return false
        }
        guard machine(key)?.keyspace.alarms.isShortOfSpace == false else {
            fail(key, ErrorMapping.status(of: .noSpace))
            return true
        }
        calls[key]?.work = .raisingAlarm
        front.raiseNoSpace(
            in: calls.group(of: key),
            for: Waiter(client: number, request: key.number)
        )
        wantTurn()
        return true
    }
}

extension EtcdFront {
    /// Whether the keyspace would have more bytes than its quota.
    func isTooMuch(growth cost: Int, in group: GroupID) -> Bool {
        guard cost > 0, let quota = shard.quotaBytes, let keyspace = shard.keyspace(group)?.keyspace
        else {
            return false
        }
        return keyspace.byteCount + cost > quota
    }

    func raiseNoSpace(in group: GroupID, for waiter: Waiter) {
        let alarm = AlarmRequest(action: .activate, memberID: node.number, alarm: .noSpace)
        shard.propose(.alarm, body: alarm.encoded, to: group, for: waiter)
    }
}
