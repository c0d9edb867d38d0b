public import Bytes
public import Model

/// What a coordinator group's log drives: groups and their committed offsets, the same on every node.
///
/// Applying a command never fails and asks nothing: whether it may be done was decided by the leader's
/// coordinator, which alone knows who is alive. Copying the value costs nothing.
public struct CoordinatorState: Sendable, Equatable {
    var groups: [ByteSlice: GroupState] = [:]
    var transactions: [ByteSlice: TransactionRecord] = [:]
    var endedProducers: [ProducerID: EndedProducer] = [:]

    /// How many producer IDs were taken from this group's share.
    public internal(set) var producersTaken: Int64 = 0

    /// The time of the last command.
    public internal(set) var time = GroupTime.zero

    /// How many commands were applied.
    public internal(set) var applied: UInt64 = 0

    public init() {}

    public var groupCount: Int { groups.count }

    public func group(_ id: ByteSlice) -> GroupState? { groups[id] }

    /// Sorted.
    public var groupIDs: [ByteSlice] { groups.keys.sorted() }

    public mutating func apply(_ command: CoordinatorCommand, at time: GroupTime) {
        self.time = max(self.time, time)
        applied += 1
        switch command {
        case .commitOffsets(let group, let commits): commit(commits, of: group)
        case .storeGroup(let id, let record): store(record, as: id)
        case .deleteGroups(let ids): for id in ids { groups[id] = nil }
        case .deleteOffsets(let group, let places):
            for place in places { groups[group]?.offsets.remove(place) }
            removeIfUnused(group)
        case .expireOffsets(let group, let places, let retention):
            expire(places, of: group, after: retention)
        case .changeConsumers(let group, let consumers): self.change(consumers, of: group)
        case .pendOffsets(let group, let pending): pend(pending, of: group)
        case .endOffsets(let group, let marker): end(marker, of: group)
        case .takeProducers(let count): producersTaken += count
        case .storeTransaction(let id, let record): store(record, as: id)
        case .forgetTransaction(let id, let retention): forgetTransaction(id, after: retention)
        case .forgetProducers(let producers, let retention):
            forgetProducers(producers, after: retention)
        case .advanceTime: break
        }
    }

    func committed(_ commit: OffsetCommit) -> CommittedOffset {
        CommittedOffset(
            offset: commit.offset,
            leaderEpoch: commit.leaderEpoch,
            metadata: commit.metadata,
            time: time,
            order: applied
        )
    }

    private mutating func commit(_ commits: [OffsetCommit], of group: ByteSlice) {
        for commit in commits {
            let offset = committed(commit)
            change(group) { $0.offsets.set(commit.place, to: offset) }
        }
    }

    private mutating func store(_ record: GroupRecord, as id: ByteSlice) {
        let time = time
        change(id) {
            $0.emptySince = record.members.isEmpty ? time : nil
            $0.record = record
            $0.consumers = nil
        }
    }

    private mutating func change(_ consumers: ConsumerGroupChange, of group: ByteSlice) {
        let time = time
        change(group) { state in
            var record = state.consumers.take() ?? ConsumerGroupRecord()
            record.apply(consumers)
            state.emptySince = record.members.isEmpty ? time : nil
            state.consumers = record
            state.record = nil
        }
    }

    /// Each is looked at again: it may have been committed anew since the leader proposed this.
    private mutating func expire(
        _ places: [TopicPartition],
        of group: ByteSlice,
        after retention: Int64
    ) {
        guard let state = groups[group], state.isWithoutMembers else { return }
        for place in places where state.isExpired(place, at: time, after: retention) {
            groups[group]?.offsets.remove(place)
        }
        removeIfUnused(group)
    }

    mutating func removeIfUnused(_ group: ByteSlice) {
        guard let state = groups[group], state.isUnused else { return }
        groups[group] = nil
    }

    mutating func change(_ group: ByteSlice, _ body: (inout GroupState) -> Void) {
        let id = groups[group] == nil ? group.compacted : group
        body(&groups[id, default: GroupState()])
    }
}

/// One group: who is in it and how far it has come.
public struct GroupState: Sendable, Equatable {
    /// Nil if members never joined it: whoever commits then assigns partitions to itself.
    public internal(set) var record: GroupRecord?

    /// Of a group of the consumer protocol.
    public internal(set) var consumers: ConsumerGroupRecord?

    /// Since when a group that had members has none.
    public internal(set) var emptySince: GroupTime?

    public internal(set) var offsets = OffsetTable()

    /// Offsets in transactions, by their producers.
    var pending: [ProducerID: PendingOffsets] = [:]

    /// Sorted.
    public var pendingProducers: [ProducerID] { pending.keys.sorted() }

    public func pendingOffsets(of producer: ProducerID) -> PendingOffsets? { pending[producer] }

    /// A transaction that is not decided yet has an offset there.
    public func isPending(_ place: TopicPartition) -> Bool {
        pending.values.contains { $0.offsets.offset(of: place) != nil }
    }

    var isWithoutMembers: Bool {
        (record?.members.isEmpty ?? true) && (consumers?.members.isEmpty ?? true)
    }

    /// Nothing would be lost with it.
    var isUnused: Bool { isWithoutMembers && offsets.isEmpty && pending.isEmpty }

    /// An offset lives as long as the group has members, and `retention` milliseconds from then on or
    /// from its commit, whichever is later.
    func isExpired(_ place: TopicPartition, at time: GroupTime, after retention: Int64) -> Bool {
        guard isWithoutMembers, let offset = offsets.offset(of: place) else { return false }
        return max(offset.time, emptySince ?? .zero) + retention <= time
    }
}
