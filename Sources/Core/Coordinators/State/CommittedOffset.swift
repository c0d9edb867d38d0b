public import Bytes
public import Model

/// How far a group has come in a partition, as a member says it.
public struct OffsetCommit: Sendable, Equatable {
    public var place: TopicPartition
    public var offset: Offset

    /// Of the last record consumed.
    public var leaderEpoch: LeaderEpoch

    /// Whatever the client wants to remember; comes back as it was.
    public var metadata: ByteSlice

    public init(
        place: TopicPartition,
        offset: Offset,
        leaderEpoch: LeaderEpoch = .none,
        metadata: ByteSlice = .empty
    ) {
        self.place = place
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
    }
}

/// An offset as the log has it.
public struct CommittedOffset: Sendable, Equatable {
    public var offset: Offset
    public var leaderEpoch: LeaderEpoch
    public var metadata: ByteSlice

    /// The group's time when it was committed.
    public var time: GroupTime

    /// The count of the command that brought it: of two commits the later one holds.
    public var order: UInt64
}

/// The offsets of one group, by topic and partition.
public struct OffsetTable: Sendable, Equatable {
    private var byTopic: [ByteSlice: [Int32: CommittedOffset]] = [:]
    public private(set) var count = 0

    public var isEmpty: Bool { count == 0 }

    public func offset(of place: TopicPartition) -> CommittedOffset? {
        byTopic[place.topic]?[place.partition]
    }

    /// All of them, by topic and partition.
    public var sorted: [PlacedOffset] {
        byTopic.keys.sorted().flatMap { topic in
            byTopic[topic, default: [:]].sorted { $0.key < $1.key }
                .map { partition, offset in
                    let place = TopicPartition(topic: topic, partition: partition)
                    return PlacedOffset(place: place, offset: offset)
                }
        }
    }

    /// The partitions of a topic that have an offset.
    public func partitions(of topic: ByteSlice) -> [Int32] {
        byTopic[topic, default: [:]].keys.sorted()
    }

    /// Sets an offset; the bytes get storage of their own, as they outlive the request.
    mutating func set(_ place: TopicPartition, to offset: CommittedOffset) {
        var offset = offset
        offset.metadata = offset.metadata.compacted
        if byTopic[place.topic] == nil { byTopic[place.topic.compacted] = [:] }
        if byTopic[place.topic]?.updateValue(offset, forKey: place.partition) == nil { count += 1 }
    }

    mutating func remove(_ place: TopicPartition) {
        guard byTopic[place.topic]?.removeValue(forKey: place.partition) != nil else { return }
        count -= 1
        if byTopic[place.topic]?.isEmpty == true { byTopic[place.topic] = nil }
    }
}

/// An offset and the partition that it is of.
public struct PlacedOffset: Sendable, Equatable {
    public var place: TopicPartition
    public var offset: CommittedOffset
}
