internal import Bytes
internal import Controller
internal import Coordinators
internal import Groups
internal import KafkaWire
internal import Model

// Groups as administrators see them.
extension KafkaFront {
    func describeGroups(_ request: DescribeGroupsRequest, _ call: Call) {
        let groups = request.groups.map { describe($0, call) }
        reply(DescribeGroupsResponse(groups: groups), to: call)
    }

    private func describe(_ group: ByteSlice, _ call: Call) -> DescribeGroupsResponse.Group {
        var found: GroupDescription?
        let error = ask(group, .describe(group: group)) { answer in
            if case .describe(let description) = answer { found = description }
        }
        var answer = DescribeGroupsResponse.Group(groupID: group)
        guard let found, error == nil else {
            answer.errorCode = error?.code ?? .unknownServerError
            return answer
        }
        // From version 6 on a group that is not there is an error, and before a dead one (KIP-1043).
        if found.phase == .dead, call.version >= 6 {
            answer.errorCode = .groupIDNotFound
            answer.errorMessage = "there is no group '\(group)'"
        }
        if let error = found.error { answer.errorCode = error.code }
        answer.groupState = found.phase.rawValue
        answer.protocolType = found.protocolType
        answer.protocolData = found.protocolName
        answer.members = found.members.map {
            DescribeGroupsResponse.Member(
                memberID: $0.member,
                groupInstanceID: $0.instance,
                clientID: $0.clientID,
                clientHost: $0.clientHost.text,
                memberMetadata: $0.metadata,
                memberAssignment: $0.assignment
            )
        }
        return answer
    }

    /// Those that this node coordinates: whoever wants all of them asks every broker.
    func listGroups(_ request: ListGroupsRequest, _ call: Call) {
        var response = ListGroupsResponse()
        for coordinator in shard.metadata?.coordinators ?? [] {
            let error = ask(coordinator.group, .list) { answer in
                guard case .list(let groups) = answer else { return }
                response.groups += groups.map { ListGroupsResponse.Group($0) }
            }
            if error == .coordinatorLoadInProgress { response.errorCode = error.code }
        }
        response.groups.removeAll { !request.wants($0) }
        reply(response, to: call)
    }

    func deleteGroups(_ request: DeleteGroupsRequest, _ call: Call) {
        let gathering = Gathering<KafkaErrorCode>(count: request.groups.count) {
            [weak self] codes in
            let groups = zip(request.groups, codes).map {
                DeleteGroupsResponse.Group(groupID: $0, errorCode: $1)
            }
            self?.reply(DeleteGroupsResponse(groups: groups), to: call)
        }
        for (place, group) in request.groups.enumerated() {
            let error = ask(group, .deleteGroups([group])) { answer in
                guard case .deleteGroups(let results) = answer else { return }
                gathering.put(results.first?.error.code ?? .none, at: place)
            }
            if let error { gathering.put(error.code, at: place) }
        }
    }
}

extension ListGroupsRequest {
    fileprivate func wants(_ group: ListGroupsResponse.Group) -> Bool {
        (statesFilter.isEmpty
            || statesFilter.contains { $0.lowercased() == group.groupState.lowercased() })
            && (typesFilter.isEmpty
                || typesFilter.contains { $0.lowercased() == group.groupType.lowercased() })
    }
}

extension ListGroupsResponse.Group {
    fileprivate init(_ group: ListedGroup) {
        self.init(
            groupID: group.group,
            protocolType: group.protocolType,
            groupState: group.phase.rawValue,
            groupType: group.phase.protocolName
        )
    }
}

extension ListedPhase {
    /// Kafka's name for the protocol (KIP-848).
    fileprivate var protocolName: String {
        switch self {
        case .classic: "classic"
        case .consumer: "consumer"
        }
    }
}

/// Answers that come one by one, and are told together.
final class Gathering<Answer> {
    private var answers: [Answer?]
    private var openCount: Int
    private let finish: ([Answer]) -> Void

    /// Finishes at once if there is nothing to gather.
    init(count: Int, finish: @escaping ([Answer]) -> Void) {
        answers = [Answer?](repeating: nil, count: count)
        openCount = count
        self.finish = finish
        if count == 0 { finish([]) }
    }

    func put(_ answer: Answer, at place: Int) {
        guard answers[place] == nil else { return }
        answers[place] = answer
        openCount -= 1
        if openCount == 0 { finish(answers.compactMap { $0 }) }
    }
}
