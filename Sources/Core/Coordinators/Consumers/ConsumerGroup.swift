internal import Bytes
internal import Model

/// A group of the consumer protocol (KIP-848), as the leader's coordinator knows it.
///
/// Every heartbeat says what a member wants and holds, and hears what it may consume. When what
/// matters to an assignment changes, the group's epoch rises and each member gets a target. A member
/// then goes its own way there: it first lets go what it is not to have, says so, and only
/// then gets what is new to it and nobody holds any more. So no partition is ever with two members.
///
/// `record` is ahead of the log by what was proposed; who asks meanwhile is answered when the log has
/// caught up with what the answer tells.
struct ConsumerGroup: Sendable {
    let id: ByteSlice
    var record: ConsumerGroupRecord

    /// Who holds a partition, or has not said that it let it go.
    var holders: [TopicPartition: ByteSlice] = [:]
    var instances: [ByteSlice: ByteSlice] = [:]
    var sessions: [ByteSlice: GroupTime] = [:]

    /// Until when members must have let go what they are not to have.
    var revocations: [ByteSlice: GroupTime] = [:]

    /// The catalog that `record.topics` was last compared with.
    var catalogVersion: UInt64?

    /// The changes that are on their way to the log, by their numbers.
    var underWay: [UInt64] = []

    /// What was proposed before this began is of unknown fate: the next change says everything.
    var isDoubtful = false

    /// Answers that tell of what is proposed, and of the last such change.
    var held: [HeldAnswer] = []
    var wakeAt: GroupTime?
    var queuedAt: GroupTime?

    struct HeldAnswer: Sendable, Equatable {
        let change: UInt64
        let waiter: CoordinatorWaiter
        let answer: ConsumerHeartbeatAnswer
    }

    init(id: ByteSlice, _ record: ConsumerGroupRecord, _ settings: GroupSettings, now: GroupTime) {
        self.id = id
        self.record = record
        for member in record.memberIDs.compactMap({ record.member($0) }) {
            for partition in member.assigned + member.revoked { holders[partition] = member.id }
            if let instance = member.instance { instances[instance] = member.id }
            extendSession(of: member.id, settings, now: now)
            if !member.revoked.isEmpty { limitRevocation(of: member, now: now) }
        }
    }

    var isForgettable: Bool { record.members.isEmpty && underWay.isEmpty && !isDoubtful }

    var phase: ConsumerGroupPhase {
        if record.members.isEmpty { return .empty }
        if record.epoch > record.assignmentEpoch { return .assigning }
        let isSettled = record.members.values.allSatisfy {
            $0.epoch == record.assignmentEpoch && $0.assigned == $0.target
        }
        return isSettled ? .stable : .reconciling
    }

    var ordered: [ConsumerMember] { record.memberIDs.compactMap { record.member($0) } }

    mutating func wake(at time: GroupTime) { wakeAt = min(wakeAt ?? time, time) }

    mutating func extendSession(of member: ByteSlice, _ settings: GroupSettings, now: GroupTime) {
        let deadline = now + Int64(settings.consumerSessionTimeout)
        sessions[member] = deadline
        wake(at: deadline)
    }

    mutating func limitRevocation(of member: ConsumerMember, now: GroupTime) {
        let deadline = now + Int64(max(member.rebalanceTimeout, 0))
        revocations[member.id] = deadline
        wake(at: deadline)
    }

    /// What is wrong with a commit or a fetch of offsets.
    func fault(in member: ByteSlice, _ epoch: Int32) -> CoordinatorError? {
        guard let known = record.member(member) else { return .unknownMemberID }
        return known.epoch == epoch ? nil : .staleMemberEpoch
    }
}
