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
        let alarms = front.machine?.keyspace.alarms.members(of: type) ?? []
        answer(key, AlarmResponse(header: front.header(), alarms: alarms))
    }

    /// True if `cost` more bytes are too many for the quota: the call is then refused.
    ///
    /// As in etcd the client hears of it once the alarm is raised, so that what it looks at next
    /// shows why it was refused.
    func refuses(_ key: CallKey, growthBy cost: Int) -> Bool {
        guard cost > 0, let quota = front.shard.quotaBytes, let number,
            let keyspace = front.machine?.keyspace, keyspace.byteCount + cost > quota
        else { return false }
        guard !keyspace.alarms.isShortOfSpace else {
            fail(key, ErrorMapping.status(of: .noSpace))
            return true
        }
        calls[key]?.work = .raisingAlarm
        let alarm = AlarmRequest(
            action: .activate,
            memberID: front.node.number,
            alarm: .noSpace
        )
        front.shard.propose(
            .alarm,
            body: alarm.encoded,
            to: front.group,
            for: Waiter(client: number, request: key.number)
        )
        wantTurn()
        return true
    }
}
