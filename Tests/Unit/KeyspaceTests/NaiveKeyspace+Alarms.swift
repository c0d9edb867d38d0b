import Keyspace
import KeyspaceModel

/// Alarms, as a list and nothing else.
extension NaiveKeyspace {
    func isRaised(_ type: AlarmType) -> Bool { alarms.contains { $0.alarm == type } }

    mutating func alarm(_ request: AlarmRequest) -> AlarmResponse {
        let member = AlarmMember(memberID: request.memberID, alarm: request.alarm)
        var found: [AlarmMember] = []
        switch request.action {
        case .get:
            found = alarms.filter { request.alarm == .none || request.alarm == $0.alarm }
        case .activate where [.noSpace, .corrupt].contains(request.alarm):
            alarms.removeAll { $0 == member }
            alarms.append(member)
            alarms.sort {
                ($0.alarm.number, $0.memberID) < ($1.alarm.number, $1.memberID)
            }
            found = [member]
        case .deactivate where alarms.contains(member):
            alarms.removeAll { $0 == member }
            found = [member]
        case .activate, .deactivate, .unrecognized: break
        }
        return AlarmResponse(header: ResponseHeader(revision: revision), alarms: found)
    }

    func refuse(_ command: KeyspaceCommand) throws(KeyspaceError) {
        var isChange = true
        var isGrowth = false
        switch command {
        case .put, .leaseGrant: isGrowth = true
        case .txn(let request): isGrowth = (request.success + request.failure).contains(where: puts)
        case .deleteRange, .compact, .leaseRevoke: break
        case .leaseKeepAlive, .expireLeases, .advanceTime, .alarm: isChange = false
        }
        if isChange, isRaised(.corrupt) { throw .corrupt }
        if isGrowth, isRaised(.noSpace) { throw .noSpace }
    }

    private func puts(_ operation: RequestOp) -> Bool {
        switch operation.request {
        case .requestPut: true
        case .requestTxn(let nested): (nested.success + nested.failure).contains(where: puts)
        case .requestRange, .requestDeleteRange, nil: false
        }
    }
}
