internal import Bytes
internal import Model

/// One group of the classic protocol, as the leader's coordinator knows it.
///
/// ```
/// empty ──join──→ preparing ──all joined──→ completing ──leader's assignment stored──→ stable
///   ↑                 │ ↑                        │                                       │
///   └──nobody left────┘ └──── join, leave, death, a sync that does not come ─────────────┘
/// ```
/// What is known here and not in the log is who is alive and who waits. A new leader begins with the
/// group's last stored generation, and everybody has a session's time to be heard.
struct ClassicGroup: Sendable {
    let id: ByteSlice
    var phase = Phase.empty
    var generation = GroupGeneration.zero
    var protocolType: ByteSlice?
    var protocolName: ByteSlice?
    var leader: ByteSlice?
    var members: [ByteSlice: ClassicMember] = [:]

    /// The members' IDs by their instance IDs.
    var instances: [ByteSlice: ByteSlice] = [:]

    /// IDs that were given out and not yet used, and how long they are waited for.
    var expected: [ByteSlice: GroupTime] = [:]
    var lastNumber: UInt64 = 0
    var emptiness = Emptiness.known

    /// When it wants to be woken; earlier is harmless.
    var wakeAt: GroupTime?

    /// For when the coordinator has it in its queue.
    var queuedAt: GroupTime?

    enum Phase: Sendable, Equatable {
        case empty

        /// Members join, until all have or the deadline has passed.
        case preparing(Preparation)

        /// The generation has begun, its leader assigns; who has not asked for its assignment by the
        /// deadline is not waited for.
        case completing(syncDeadline: GroupTime, isStoring: Bool)

        /// Each has or may have its assignment; the deadline is that of the phase before.
        case stable(syncDeadline: GroupTime)

        /// A deletion is on its way to the log.
        case dead
    }

    struct Preparation: Sendable, Equatable {
        var deadline: GroupTime

        /// Of a group that was empty: everybody starts now, so more will come.
        var initial: InitialDelay?
    }

    struct InitialDelay: Sendable, Equatable {
        /// How much longer it may be drawn out, in milliseconds.
        var remaining: Int64
        var hasNewMember: Bool
    }

    /// Whether the log has it that the last member left.
    enum Emptiness: Sendable, Equatable {
        case known
        case proposed

        /// The proposal was refused; the next one is due then.
        case refused(retryAt: GroupTime)
    }

    init(id: ByteSlice) { self.id = id }

    /// As the log has it.
    init(id: ByteSlice, _ record: GroupRecord, now: GroupTime) {
        self.id = id
        generation = record.generation
        protocolType = record.protocolType
        guard !record.members.isEmpty else { return }
        protocolName = record.protocolName
        leader = record.leader
        phase = .stable(syncDeadline: now)
        for member in record.members {
            add(ClassicMember(member, of: record, number: lastNumber + 1, now: now))
        }
    }

    /// By the order of joining.
    var ordered: [ClassicMember] { members.values.sorted { $0.number < $1.number } }

    /// Nothing is known here that the log does not say.
    var isForgettable: Bool {
        phase == .empty && members.isEmpty && expected.isEmpty && emptiness == .known
    }

    /// The longest of the members' rebalance timeouts, in milliseconds.
    var rebalanceTimeout: Int64 {
        let slowest = members.values.max { $0.rebalanceTimeout < $1.rebalanceTimeout }
        return Int64(slowest?.rebalanceTimeout ?? 0)
    }

    var description: GroupPhase {
        switch phase {
        case .empty: .empty
        case .preparing: .preparingRebalance
        case .completing: .completingRebalance
        case .stable: .stable
        case .dead: .dead
        }
    }

    mutating func wake(at time: GroupTime) { wakeAt = min(wakeAt ?? time, time) }

    mutating func add(_ member: ClassicMember) {
        lastNumber = max(lastNumber, member.number)
        expected[member.id] = nil
        members[member.id] = member
        if let instance = member.instance { instances[instance] = member.id }
        if leader == nil { leader = member.id }
        if member.isWatched { wake(at: member.sessionDeadline) }
    }

    /// Somebody was heard.
    mutating func extendSession(of member: ByteSlice, now: GroupTime) {
        members[member]?.extendSession(from: now)
        if let deadline = members[member]?.sessionDeadline { wake(at: deadline) }
    }

    /// What is wrong with a request of who should be in the group and of this generation.
    func fault(in identity: MemberIdentity) -> CoordinatorError? {
        if phase == .dead { return .coordinatorNotAvailable }
        if let fault = fault(in: identity.member, identity.instance) { return fault }
        return identity.generation == generation ? nil : .illegalGeneration
    }

    /// What is wrong with a member's names.
    func fault(in member: ByteSlice, _ instance: ByteSlice?) -> CoordinatorError? {
        if let instance {
            guard let holder = instances[instance] else { return .unknownMemberID }
            guard holder == member else { return .fencedInstanceID }
        }
        return members[member] == nil ? .unknownMemberID : nil
    }

    /// As the log is to have it.
    var record: GroupRecord {
        GroupRecord(
            protocolType: protocolType ?? .empty,
            generation: generation,
            protocolName: protocolName,
            leader: leader,
            members: ordered.map { $0.record(for: protocolName) }
        )
    }
}
