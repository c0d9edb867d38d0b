public import Bytes

/// What a client asks of a group's coordinator; what is permitted to whom the front has checked.
public enum GroupRequest: Sendable, Equatable {
    case join(JoinRequest)
    case sync(SyncRequest)
    case heartbeat(MemberIdentity)
    case leave(group: ByteSlice, [LeavingMember])
    case commitOffsets(CommitOffsetsRequest)
    case fetchOffsets(FetchOffsetsRequest)

    /// Whoever passes it on has checked the producer with its transaction's coordinator.
    case commitInTransaction(TransactionalCommitRequest)

    /// From a transaction's coordinator.
    case endOffsets(group: ByteSlice, OffsetsMarker)
    case consumerHeartbeat(ConsumerHeartbeatRequest)
    case describeConsumers(group: ByteSlice)
    case describe(group: ByteSlice)
    case list
    case deleteGroups([ByteSlice])
    case deleteOffsets(group: ByteSlice, [TopicPartition])

    /// Topics are no more: nobody needs their offsets.
    case forgetTopics([ByteSlice])
}

public struct JoinRequest: Sendable, Equatable {
    public var group: ByteSlice

    /// Empty if the client has none yet.
    public var member: ByteSlice

    /// The ID that it gets if it has none; unique, made by the front.
    public var newMember: ByteSlice
    public var instance: ByteSlice?
    public var clientID: ByteSlice
    public var clientHost: ByteSlice

    /// In milliseconds.
    public var sessionTimeout: Int32

    /// In milliseconds; −1 (version 0) stands for the session's.
    public var rebalanceTimeout: Int32
    public var protocolType: ByteSlice

    /// In the order in which the client likes them.
    public var protocols: [JoinProtocol]

    /// The client joins a second time with the ID it was given (version 4, KIP-394), so that one that
    /// tries again is not counted twice.
    public var mustKnowItsID: Bool

    /// The client understands that it leads and need not assign (version 9, KIP-814).
    public var canSkipAssignment: Bool

    public init(
        group: ByteSlice,
        member: ByteSlice = .empty,
        newMember: ByteSlice,
        instance: ByteSlice? = nil,
        clientID: ByteSlice,
        clientHost: ByteSlice,
        sessionTimeout: Int32,
        rebalanceTimeout: Int32,
        protocolType: ByteSlice,
        protocols: [JoinProtocol],
        mustKnowItsID: Bool = true,
        canSkipAssignment: Bool = true
    ) {
        self.group = group
        self.member = member
        self.newMember = newMember
        self.instance = instance
        self.clientID = clientID
        self.clientHost = clientHost
        self.sessionTimeout = sessionTimeout
        self.rebalanceTimeout = rebalanceTimeout
        self.protocolType = protocolType
        self.protocols = protocols
        self.mustKnowItsID = mustKnowItsID
        self.canSkipAssignment = canSkipAssignment
    }
}

/// An assignor that a member knows, and what it says to it; opaque to us.
public struct JoinProtocol: Sendable, Equatable {
    public var name: ByteSlice
    public var metadata: ByteSlice

    public init(name: ByteSlice, metadata: ByteSlice) {
        self.name = name
        self.metadata = metadata
    }
}

/// Who says something, and of which generation it believes to be.
public struct MemberIdentity: Sendable, Equatable {
    public var group: ByteSlice
    public var member: ByteSlice
    public var instance: ByteSlice?
    public var generation: GroupGeneration

    public init(
        group: ByteSlice,
        member: ByteSlice,
        instance: ByteSlice? = nil,
        generation: GroupGeneration
    ) {
        self.group = group
        self.member = member
        self.instance = instance
        self.generation = generation
    }
}

public struct SyncRequest: Sendable, Equatable {
    public var identity: MemberIdentity

    /// From version 5 on: must be the group's.
    public var protocolType: ByteSlice?
    public var protocolName: ByteSlice?

    /// By the group's leader: who gets what.
    public var assignments: [MemberAssignment]

    public init(
        identity: MemberIdentity,
        protocolType: ByteSlice? = nil,
        protocolName: ByteSlice? = nil,
        assignments: [MemberAssignment] = []
    ) {
        self.identity = identity
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.assignments = assignments
    }
}

public struct MemberAssignment: Sendable, Equatable {
    public var member: ByteSlice
    public var assignment: ByteSlice

    public init(member: ByteSlice, assignment: ByteSlice) {
        self.member = member
        self.assignment = assignment
    }
}

/// By its ID, or, with an empty one, by its instance ID, as administrators do it.
public struct LeavingMember: Sendable, Equatable {
    public var member: ByteSlice
    public var instance: ByteSlice?

    public init(member: ByteSlice, instance: ByteSlice? = nil) {
        self.member = member
        self.instance = instance
    }
}

public struct CommitOffsetsRequest: Sendable, Equatable {
    /// With generation −1 and an empty member of who assigns partitions to itself.
    public var identity: MemberIdentity
    public var commits: [OffsetCommit]

    public init(identity: MemberIdentity, commits: [OffsetCommit]) {
        self.identity = identity
        self.commits = commits
    }
}

public struct TransactionalCommitRequest: Sendable, Equatable {
    /// With generation −1 and an empty member of older clients (before version 3).
    public var identity: MemberIdentity
    public var offsets: OffsetsInTransaction

    public init(identity: MemberIdentity, offsets: OffsetsInTransaction) {
        self.identity = identity
        self.offsets = offsets
    }
}

public struct FetchOffsetsRequest: Sendable, Equatable {
    public var group: ByteSlice

    /// Nil asks for all that the group has.
    public var places: [TopicPartition]?

    /// Refuses what a transaction has yet to decide (KIP-447).
    public var requiresStable: Bool

    /// Of a member of the consumer protocol (version 9); empty else.
    public var member: ByteSlice
    public var epoch: Int32

    public init(
        group: ByteSlice,
        places: [TopicPartition]?,
        requiresStable: Bool = false,
        member: ByteSlice = .empty,
        epoch: Int32 = -1
    ) {
        self.group = group
        self.places = places
        self.requiresStable = requiresStable
        self.member = member
        self.epoch = epoch
    }
}
