internal import Bytes
internal import Model

// What administrators ask for, and what goes by itself.
extension GroupCoordinator {
    func description(of id: ByteSlice, _ state: CoordinatorState) -> GroupDescription {
        var description = GroupDescription(group: id)
        guard let group = groups[id] else {
            guard let stored = state.group(id), consumerGroups[id] == nil, stored.consumers == nil
            else {
                description.error = .groupIDNotFound
                return description
            }
            description.phase = .empty
            description.protocolType = stored.record?.protocolType ?? .empty
            return description
        }
        description.phase = group.description
        description.protocolType = group.protocolType ?? .empty
        let isStable = description.phase == .stable
        description.protocolName = isStable ? group.protocolName ?? .empty : .empty
        description.members = group.ordered.map { member in
            DescribedMember(
                member: member.id,
                instance: member.instance,
                clientID: member.clientID,
                clientHost: member.clientHost,
                metadata: isStable ? member.metadata(for: group.protocolName) : .empty,
                assignment: isStable ? member.assignment : .empty
            )
        }
        return description
    }

    /// Sorted by name.
    func list(_ state: CoordinatorState) -> [ListedGroup] {
        let onlyHere = groups.keys.filter { state.group($0) == nil }
        let consumersOnlyHere = consumerGroups.keys.filter {
            state.group($0) == nil && groups[$0] == nil
        }
        return (state.groupIDs + onlyHere + consumersOnlyHere).sorted().map { listed($0, state) }
    }

    private func listed(_ id: ByteSlice, _ state: CoordinatorState) -> ListedGroup {
        if consumerGroups[id] != nil || state.group(id)?.consumers != nil {
            return ListedGroup(
                group: id,
                protocolType: "consumer",
                phase: .consumer(consumerDescription(of: id, state).phase)
            )
        }
        let description = description(of: id, state)
        return ListedGroup(
            group: id,
            protocolType: description.protocolType,
            phase: .classic(description.phase)
        )
    }

    mutating func delete(
        _ ids: [ByteSlice],
        for waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        var results: [GroupResult] = []
        var doomed: [ByteSlice] = []
        for id in ids {
            let error = doomed.contains(id) ? nil : refusal(ofDeleting: id, state, now: turn.now)
            results.append(GroupResult(group: id, error: error))
            if error == nil {
                groups[id]?.phase = .dead
                doomed.append(id)
            }
        }
        guard !doomed.isEmpty else { return turn.answer(waiter, .deleteGroups(results)) }
        turn.propose(.deleteGroups(doomed), then: .deletion(waiter, results, ids: doomed))
    }

    private mutating func refusal(
        ofDeleting id: ByteSlice,
        _ state: CoordinatorState,
        now: GroupTime
    ) -> CoordinatorError? {
        guard consumerGroups[id] == nil else { return .nonEmptyGroup }
        guard open(id, in: state, now: now), let group = groups[id], group.phase != .dead else {
            return .groupIDNotFound
        }
        return group.phase == .empty && group.members.isEmpty ? nil : .nonEmptyGroup
    }

    private mutating func forgetProducers(_ state: CoordinatorState, _ turn: inout GroupTurn) {
        let retention = settings.producersRetention
        let old = state.endedProducerIDs.filter {
            state.ended($0).map { $0.time + retention <= turn.now } ?? false
        }
        guard !old.isEmpty else { return }
        for producer in old { fences[producer] = nil }
        turn.propose(.forgetProducers(old, retention: retention), then: .expiry)
    }

    /// Looks at some groups for what nobody has used for long.
    mutating func checkOffsets(_ state: CoordinatorState, _ turn: inout GroupTurn) {
        if !check.isUnderWay, check.next <= turn.now {
            check.left = state.groupIDs[...]
            check.next = turn.now + settings.offsetsCheckInterval
            forgetProducers(state, &turn)
        }
        for id in check.left.prefix(Limits.groupsCheckedAtOnce) {
            guard groups[id] == nil, consumerGroups[id] == nil, let group = state.group(id),
                group.isWithoutMembers
            else {
                continue
            }
            let expired = group.offsets.sorted.map(\.place).filter {
                group.isExpired($0, at: turn.now, after: settings.offsetsRetention)
            }
            guard !expired.isEmpty || group.isUnused else { continue }
            turn.propose(
                .expireOffsets(
                    group: id,
                    Array(expired.prefix(Limits.offsetsExpiredPerCommandMax)),
                    retention: settings.offsetsRetention
                ),
                then: .expiry
            )
        }
        check.left = check.left.dropFirst(Limits.groupsCheckedAtOnce)
    }
}

/// How far the look for expired offsets is.
struct OffsetsCheck: Sendable {
    /// When the next one begins.
    var next: GroupTime
    var left: ArraySlice<ByteSlice> = []

    var isUnderWay: Bool { !left.isEmpty }

    init(next: GroupTime) { self.next = next }
}
