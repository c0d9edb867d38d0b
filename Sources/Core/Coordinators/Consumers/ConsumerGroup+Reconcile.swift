internal import Bytes
internal import Model

// From targets to what members have.
extension ConsumerGroup {
    /// Topics came, went or grew.
    mutating func followCatalog(_ catalog: TopicCatalog, _ step: inout ConsumerStep) {
        guard catalogVersion != catalog.version || step.isEpochRaised else { return }
        catalogVersion = catalog.version
        if topics(in: catalog) != record.topics { raiseEpoch(&step) }
    }

    /// What the members are subscribed to and what there is, by name.
    private func topics(in catalog: TopicCatalog) -> [CatalogTopic] {
        var names: Set<ByteSlice> = []
        for member in ordered { names.formUnion(member.subscription) }
        return names.sorted().compactMap { catalog.topic($0) }
    }

    mutating func assign(_ catalog: TopicCatalog, _ step: inout ConsumerStep) {
        let claimants = ordered
        record.topics = topics(in: catalog)
        record.assignmentEpoch = record.epoch
        let targets = Assignor.preferred(by: claimants).targets(for: claimants, of: record.topics)
        for (member, target) in zip(claimants, targets) where member.target != target {
            record.members[member.id]?.target = target
            step.changed.insert(member.id)
        }
    }

    /// A step of a member towards its target.
    mutating func reconcile(
        _ id: ByteSlice,
        owned: [TopicPartition]?,
        _ step: inout ConsumerStep
    ) {
        guard var member = record.member(id) else { return }
        let former = member
        if !member.revoked.isEmpty {
            // It goes on once it says that it holds none of them.
            let holdsNone = owned.map { owned in
                member.revoked.allSatisfy { !owned.contains($0) }
            }
            guard holdsNone == true || isHasty(step) else { return }
            for partition in member.revoked where holders[partition] == id {
                holders[partition] = nil
            }
            member.revoked = []
            revocations[id] = nil
        }
        advance(&member, step)
        guard member != former else { return }
        record.members[id] = member
        step.changed.insert(id)
    }

    private func isHasty(_ step: ConsumerStep) -> Bool {
        #if MARTLET_MUTANTS
        return step.settings.mutant == .revocationNeedNotBeSaid
        #else
        return false
        #endif
    }

    private mutating func advance(_ member: inout ConsumerMember, _ step: ConsumerStep) {
        let target = Set(member.target)
        let excess = member.assigned.filter { !target.contains($0) }
        guard excess.isEmpty else {
            member.assigned = member.assigned.filter { target.contains($0) }
            member.revoked = excess
            return limitRevocation(of: member, now: step.now)
        }
        var free = member.target.filter { holders[$0] == nil }
        #if MARTLET_MUTANTS
        if step.settings.mutant == .partitionsAreGivenAtOnce {
            free = member.target.filter { !member.assigned.contains($0) }
        }
        #endif
        for partition in free { holders[partition] = member.id }
        member.assigned = (member.assigned + free).sorted()
        guard member.epoch != record.assignmentEpoch else { return }
        member.formerEpoch = member.epoch
        member.epoch = record.assignmentEpoch
    }

    /// Who is not heard is out, and who does not let go in time.
    mutating func passTime(_ step: inout ConsumerStep) {
        wakeAt = nil
        for id in record.memberIDs {
            let isSilent = sessions[id].map { $0 <= step.now } ?? true
            let isLate = revocations[id].map { $0 <= step.now } ?? false
            guard isSilent || isLate else {
                sessions[id].map { wake(at: $0) }
                revocations[id].map { wake(at: $0) }
                continue
            }
            remove(id, &step)
            raiseEpoch(&step)
        }
    }

    /// The step as a change of the log, which gets a number.
    mutating func change(by step: ConsumerStep, _ number: UInt64) -> ConsumerGroupChange {
        defer { isDoubtful = false }
        underWay.append(number)
        return ConsumerGroupChange(
            isWhole: isDoubtful,
            epoch: record.epoch,
            assignmentEpoch: record.assignmentEpoch,
            topics: record.topics,
            changed: isDoubtful
                ? ordered : step.changed.sorted().compactMap { record.member($0) },
            removed: step.removed.sorted()
        )
    }
}
