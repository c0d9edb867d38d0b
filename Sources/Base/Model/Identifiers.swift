/// A leader's time in office; at most one leader a term (Raft §5.1).
public struct Term: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static let zero = Term(0)
}

/// A place in a group's Raft log, counted from 1; 0 is "before the first".
public struct LogIndex: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static let zero = LogIndex(0)

    /// The index before this one; stays at zero.
    public var previous: LogIndex { LogIndex(number == 0 ? 0 : number - 1) }

    public static func + (index: LogIndex, count: Int) -> LogIndex {
        LogIndex(index.number + UInt64(count))
    }

    /// How many entries lie between; negative if `right` is further.
    public static func - (left: LogIndex, right: LogIndex) -> Int {
        Int(left.number) - Int(right.number)
    }
}

/// One server process, for as long as its data directory lives.
///
/// etcd's member ID on the wire.
public struct NodeID: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// All nodes that share one control group.
public struct ClusterID: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// One Raft group with one state machine.
public struct GroupID: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }

    /// The group that holds the cluster's metadata.
    public static let control = GroupID(1)

    /// The keyspace of the tenant `default`.
    public static let defaultKeyspace = GroupID(2)

    /// Groups up to here are those that a cluster begins with; keyspaces are given later ones.
    public static let lastReserved = GroupID(1023)
}

/// One group's member on one node; voter or learner.
public struct ReplicaID: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// A keyspace's count of writes: 1 when empty, one more with every transaction that wrote.
public struct Revision: Identifier {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static let zero = Revision(0)

    /// The revision of a store that nobody has written to; etcd's clients rely on it.
    public static let initial = Revision(1)
}

/// A lease as etcd's clients name it; zero means "no lease".
public struct LeaseID: Identifier {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static let none = LeaseID(0)
}

/// A record's place in its partition, counted from 0, as Kafka's clients see it; no log index.
public struct Offset: Identifier {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static let zero = Offset(0)

    public static func + (offset: Offset, count: Int64) -> Offset { Offset(offset.number + count) }

    /// How many offsets lie between; negative if `right` is further.
    public static func - (left: Offset, right: Offset) -> Int64 { left.number - right.number }
}

/// The term of the leader that took a record batch, as Kafka's clients see it.
public struct LeaderEpoch: Identifier {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }

    /// What the wire has where nobody knows.
    public static let none = LeaderEpoch(-1)

    /// Nil for a term that the wire has no room for: two thousand million elections.
    public init?(_ term: Term) {
        guard let number = Int32(exactly: term.number) else { return nil }
        self.number = number
    }
}

/// A producer as Kafka's coordinator named it.
public struct ProducerID: Identifier {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }

    /// The producer of batches that promise no order.
    public static let none = ProducerID(-1)
}

/// The count of a producer's lives: who comes with an older one is fenced off.
public struct ProducerEpoch: Identifier {
    public let number: Int16
    public init(_ number: Int16) { self.number = number }
    public static let none = ProducerEpoch(-1)
}

/// Core's only time: one call of a shard's timer.
public struct Tick: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static let zero = Tick(0)

    public static func + (tick: Tick, count: Int) -> Tick { Tick(tick.number + UInt64(count)) }
}

/// A group's own time in milliseconds, carried by its log, so that every replica agrees on it.
///
/// It starts at zero, never goes back, and stands still while the group has no leader.
public struct GroupTime: Identifier {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static let zero = GroupTime(0)

    public static func + (time: GroupTime, milliseconds: Int64) -> GroupTime {
        GroupTime(time.number + milliseconds)
    }
}

/// Nanoseconds of a node's monotonic clock, from an arbitrary start.
public struct Instant: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static let zero = Instant(0)

    public static func + (instant: Instant, nanoseconds: UInt64) -> Instant {
        Instant(instant.number + nanoseconds)
    }
}
