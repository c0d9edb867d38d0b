public import Bytes
public import Model

/// What a group's coordinator answers.
public enum GroupAnswer: Sendable, Equatable {
    case join(JoinAnswer)
    case sync(SyncAnswer)
    case heartbeat(CoordinatorError?)
    case leave(CoordinatorError?, [LeaveResult])
    case commitOffsets([PartitionResult])
    case fetchOffsets(CoordinatorError?, [FetchedOffset])
    case endOffsets(CoordinatorError?)
    case consumerHeartbeat(ConsumerHeartbeatAnswer)
    case describeConsumers(ConsumerGroupDescription)
    case describe(GroupDescription)
    case list([ListedGroup])
    case deleteGroups([GroupResult])
    case deleteOffsets(CoordinatorError?, [PartitionResult])
    case forgetTopics
}

public struct JoinAnswer: Sendable, Equatable {
    public var error: CoordinatorError?
    public var generation = GroupGeneration.none
    public var protocolType: ByteSlice?
    public var protocolName: ByteSlice?
    public var leader = ByteSlice.empty

    /// The member leads, and the assignment stands (KIP-814).
    public var skipsAssignment = false
    public var member: ByteSlice

    /// For the leader: everybody, by the order of joining.
    public var members: [JoinedMember] = []

    init(member: ByteSlice, error: CoordinatorError? = nil) {
        self.member = member
        self.error = error
    }
}

public struct JoinedMember: Sendable, Equatable {
    public var member: ByteSlice
    public var instance: ByteSlice?
    public var metadata: ByteSlice
}

public struct SyncAnswer: Sendable, Equatable {
    public var error: CoordinatorError?
    public var protocolType: ByteSlice?
    public var protocolName: ByteSlice?
    public var assignment = ByteSlice.empty
}

public struct LeaveResult: Sendable, Equatable {
    public var member: ByteSlice
    public var instance: ByteSlice?
    public var error: CoordinatorError?
}

public struct PartitionResult: Sendable, Equatable {
    public var place: TopicPartition
    public var error: CoordinatorError?
}

public struct GroupResult: Sendable, Equatable {
    public var group: ByteSlice
    public var error: CoordinatorError?
}

public struct FetchedOffset: Sendable, Equatable {
    public var place: TopicPartition

    /// `nothing` if there is none.
    public var offset = nothing
    public var leaderEpoch = LeaderEpoch.none
    public var metadata = ByteSlice.empty
    public var error: CoordinatorError?

    /// What the wire has for an offset that was never committed.
    public static let nothing = Offset(-1)
}

/// Where a group is in its rebalance, by Kafka's names.
public enum GroupPhase: String, Sendable, CaseIterable {
    case empty = "Empty"
    case preparingRebalance = "PreparingRebalance"
    case completingRebalance = "CompletingRebalance"
    case stable = "Stable"

    /// There is none of that name, or it is being deleted.
    case dead = "Dead"
}

public struct GroupDescription: Sendable, Equatable {
    public var error: CoordinatorError?
    public var group: ByteSlice
    public var phase = GroupPhase.dead
    public var protocolType = ByteSlice.empty

    /// Empty unless the group is stable.
    public var protocolName = ByteSlice.empty
    public var members: [DescribedMember] = []
}

public struct DescribedMember: Sendable, Equatable {
    public var member: ByteSlice
    public var instance: ByteSlice?
    public var clientID: ByteSlice
    public var clientHost: ByteSlice

    /// Empty unless the group is stable.
    public var metadata = ByteSlice.empty
    public var assignment = ByteSlice.empty
}

public struct ListedGroup: Sendable, Equatable {
    public var group: ByteSlice
    public var protocolType: ByteSlice

    public var phase: ListedPhase
}

/// Where a group is, and so of which protocol it is.
public enum ListedPhase: Sendable, Equatable {
    case classic(GroupPhase)
    case consumer(ConsumerGroupPhase)

    /// By Kafka's name.
    public var rawValue: String {
        switch self {
        case .classic(let phase): phase.rawValue
        case .consumer(let phase): phase.rawValue
        }
    }

    /// By Kafka's name.
    public var groupType: String {
        switch self {
        case .classic: "classic"
        case .consumer: "consumer"
        }
    }
}
