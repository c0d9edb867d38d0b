internal import Bytes
internal import Model

/// What a step has changed so far.
struct ConsumerStep {
    let now: GroupTime
    let settings: GroupSettings
    var changed: Set<ByteSlice> = []
    var removed: Set<ByteSlice> = []
    var isEpochRaised = false

    var isEmpty: Bool { changed.isEmpty && removed.isEmpty && !isEpochRaised }
}

// A heartbeat: somebody joins, goes on, or leaves.
extension ConsumerGroup {
    mutating func hear(
        _ request: ConsumerHeartbeatRequest,
        _ step: inout ConsumerStep
    ) -> ConsumerHeartbeatAnswer {
        let isLeaving = request.epoch == ConsumerEpoch.leaving
        if isLeaving || request.epoch == ConsumerEpoch.awayForNow { return part(request, &step) }
        if let error = admit(request, &step) {
            return ConsumerHeartbeatAnswer(error: error, member: request.member)
        }
        guard let former = record.member(request.member) else {
            return ConsumerHeartbeatAnswer(error: .unknownMemberID, member: request.member)
        }
        extendSession(of: request.member, step.settings, now: step.now)
        adopt(request, &step)
        followCatalog(request.catalog, &step)
        if record.epoch > record.assignmentEpoch { assign(request.catalog, &step) }
        reconcile(request.member, owned: request.owned, &step)
        guard let member = record.member(request.member) else {
            return ConsumerHeartbeatAnswer(error: .unknownMemberID, member: request.member)
        }
        var answer = ConsumerHeartbeatAnswer(member: member.id, epoch: member.epoch)
        answer.heartbeatInterval = step.settings.consumerHeartbeatInterval
        let isFull = request.subscription != nil && request.owned != nil
        let holdsOther = request.owned.map { $0.sorted() != member.assigned } ?? false
        let isNew = request.epoch == ConsumerEpoch.joining || request.epoch != former.epoch
        if isFull || isNew || holdsOther || member.assigned != former.assigned {
            answer.assignment = member.assigned
        }
        return answer
    }

    /// Makes a member of who joins; says what is wrong with who claims to be one.
    private mutating func admit(
        _ request: ConsumerHeartbeatRequest,
        _ step: inout ConsumerStep
    ) -> CoordinatorError? {
        let holder = request.instance.flatMap { instances[$0] }
        if request.epoch == ConsumerEpoch.joining {
            if let holder, holder != request.member { return replace(holder, request, &step) }
            guard record.member(request.member) == nil else { return nil }
            guard record.members.count < step.settings.membersMax else {
                return .groupMaxSizeReached
            }
            add(ConsumerMember(id: request.member.compacted), request.instance, &step)
            raiseEpoch(&step)
            return nil
        }
        if request.instance != nil {
            guard let holder else { return .unknownMemberID }
            guard holder == request.member else { return .fencedInstanceID }
        }
        guard let member = record.member(request.member) else { return .unknownMemberID }
        if request.epoch == member.epoch { return nil }
        // It did not hear that it was brought further.
        let isBehind =
            request.epoch == member.formerEpoch
            && request.owned.map { $0.allSatisfy(member.assigned.contains) } ?? false
        return isBehind ? nil : .fencedMemberEpoch
    }

    /// A static member comes back under a new ID: it has what it had.
    private mutating func replace(
        _ former: ByteSlice,
        _ request: ConsumerHeartbeatRequest,
        _ step: inout ConsumerStep
    ) -> CoordinatorError? {
        guard var member = record.member(former) else { return .unknownMemberID }
        guard member.epoch == ConsumerEpoch.awayForNow else { return .unreleasedInstanceID }
        remove(former, &step)
        member.id = request.member.compacted
        member.epoch = member.formerEpoch
        // It restarted, and so holds nothing any more.
        member.revoked = []
        add(member, request.instance, &step)
        return nil
    }

    private mutating func add(
        _ member: ConsumerMember,
        _ instance: ByteSlice?,
        _ step: inout ConsumerStep
    ) {
        var member = member
        member.instance = instance?.compacted
        record.members[member.id] = member
        for partition in member.assigned { holders[partition] = member.id }
        if let instance = member.instance { instances[instance] = member.id }
        step.changed.insert(member.id)
        step.removed.remove(member.id)
    }

    /// The member holds nothing any more, or is not believed to.
    mutating func remove(_ id: ByteSlice, _ step: inout ConsumerStep) {
        guard let member = record.members.removeValue(forKey: id) else { return }
        for partition in member.assigned + member.revoked where holders[partition] == id {
            holders[partition] = nil
        }
        if let instance = member.instance, instances[instance] == id { instances[instance] = nil }
        sessions[id] = nil
        revocations[id] = nil
        step.changed.remove(id)
        step.removed.insert(id)
    }

    mutating func raiseEpoch(_ step: inout ConsumerStep) {
        guard !step.isEpochRaised else { return }
        step.isEpochRaised = true
        record.epoch += record.epoch == .max ? 0 : 1
    }

    /// What the member says anew.
    private mutating func adopt(_ request: ConsumerHeartbeatRequest, _ step: inout ConsumerStep) {
        guard var member = record.member(request.member) else { return }
        let former = member
        if let rack = request.rack { member.rack = rack.compacted }
        if request.epoch == ConsumerEpoch.joining {
            member.clientID = request.clientID.compacted
            member.clientHost = request.clientHost.compacted
        }
        if request.rebalanceTimeout >= 0 {
            member.rebalanceTimeout = min(request.rebalanceTimeout, Limits.rebalanceTimeoutMax)
        }
        if let subscription = request.subscription {
            member.subscription = subscription.map(\.compacted).sorted()
        }
        if let assignor = request.assignor { member.assignor = assignor.compacted }
        guard member != former else { return }
        if member.subscription != former.subscription || member.assignor != former.assignor {
            raiseEpoch(&step)
        }
        record.members[member.id] = member
        step.changed.insert(member.id)
    }

    private mutating func part(
        _ request: ConsumerHeartbeatRequest,
        _ step: inout ConsumerStep
    ) -> ConsumerHeartbeatAnswer {
        var answer = ConsumerHeartbeatAnswer(member: request.member, epoch: request.epoch)
        if let instance = request.instance {
            guard let holder = instances[instance] else {
                answer.error = .unknownMemberID
                return answer
            }
            guard holder == request.member else {
                answer.error = .fencedInstanceID
                return answer
            }
        }
        guard var member = record.member(request.member) else {
            answer.error = .unknownMemberID
            return answer
        }
        guard request.epoch == ConsumerEpoch.awayForNow else {
            remove(member.id, &step)
            raiseEpoch(&step)
            return answer
        }
        guard member.epoch != ConsumerEpoch.awayForNow else { return answer }
        member.formerEpoch = member.epoch
        member.epoch = ConsumerEpoch.awayForNow
        for partition in member.revoked where holders[partition] == member.id {
            holders[partition] = nil
        }
        member.revoked = []
        revocations[member.id] = nil
        record.members[member.id] = member
        step.changed.insert(member.id)
        return answer
    }
}
