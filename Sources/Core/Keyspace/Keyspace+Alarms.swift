public import KeyspaceModel

/// Alarms: what a member has found wrong, and what that forbids everybody.
///
/// An alarm is raised and disarmed by a command in the log, so that every node refuses the same
/// commands. What a node measures by itself, as the quota, only makes it propose such a command; to
/// apply one, nothing counts but this state.
extension Keyspace {
    /// What etcd calls `Alarm`: lists, raises or disarms.
    ///
    /// Disarming names the member and the type, as each was raised by itself.
    mutating func alarm(_ request: AlarmRequest) throws(KeyspaceError) -> AlarmResponse {
        let member = AlarmMember(memberID: request.memberID, alarm: request.alarm)
        var response = AlarmResponse(header: header)
        switch request.action {
        case .get: response.alarms = alarms.members(of: request.alarm)
        case .activate:
            guard Self.isAlarm(request.alarm) else { break }
            guard alarms.contains(member) || alarms.members.count < Limits.alarmsMax else {
                throw .tooManyAlarms
            }
            alarms.insert(member)
            response.alarms = [member]
        case .deactivate:
            if alarms.remove(member) { response.alarms = [member] }
        case .unrecognized: break
        }
        return response
    }

    /// etcd 3.5.1 panics where a client raises an alarm that it does not know; here nothing happens.
    private static func isAlarm(_ type: AlarmType) -> Bool { type == .noSpace || type == .corrupt }

    /// What alarms forbid: without space whatever needs more, in a corrupt cluster every change.
    ///
    /// Leases are still renewed, as in etcd: an alarm should not end what clients hold.
    func refuseAlarmed(_ command: KeyspaceCommand) throws(KeyspaceError) {
        switch command {
        case .put:
            if alarms.isCorrupt { throw .corrupt }
            if alarms.isShortOfSpace { throw .noSpace }
        case .txn(let request):
            if alarms.isCorrupt { throw .corrupt }
            if alarms.isShortOfSpace, Self.cost(of: request) > 0 { throw .noSpace }
        case .leaseGrant:
            if alarms.isCorrupt { throw .corrupt }
            if alarms.isShortOfSpace { throw .noSpace }
        case .deleteRange, .compact, .leaseRevoke:
            if alarms.isCorrupt { throw .corrupt }
        case .leaseKeepAlive, .expireLeases, .advanceTime, .alarm: return
        }
    }

    /// Takes the alarms of a snapshot.
    public mutating func restore(_ members: [AlarmMember]) throws(KeyspaceError) {
        guard members.count <= Limits.alarmsMax else { throw .malformedSnapshot }
        for member in members {
            guard Self.isAlarm(member.alarm), !alarms.contains(member) else {
                throw .malformedSnapshot
            }
            alarms.insert(member)
        }
    }
}
