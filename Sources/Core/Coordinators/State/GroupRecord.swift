public import Bytes

/// A group of the classic protocol, as the log has it: its last generation that had an assignment.
public struct GroupRecord: Sendable, Equatable {
    /// `consumer` for consumers, `connect` for Kafka Connect.
    public var protocolType: ByteSlice
    public var generation: GroupGeneration

    /// The assignor that all members share; nil in a group without members.
    public var protocolName: ByteSlice?
    public var leader: ByteSlice?

    /// In the order in which they joined.
    public var members: [GroupMemberRecord]

    public init(
        protocolType: ByteSlice,
        generation: GroupGeneration,
        protocolName: ByteSlice? = nil,
        leader: ByteSlice? = nil,
        members: [GroupMemberRecord] = []
    ) {
        self.protocolType = protocolType
        self.generation = generation
        self.protocolName = protocolName
        self.leader = leader
        self.members = members
    }
}

/// A member of a group of the classic protocol.
public struct GroupMemberRecord: Sendable, Equatable {
    public var id: ByteSlice

    /// Of a static member, who keeps its place while it restarts (KIP-345).
    public var instance: ByteSlice?
    public var clientID: ByteSlice
    public var clientHost: ByteSlice

    /// In milliseconds.
    public var sessionTimeout: Int32

    /// In milliseconds.
    public var rebalanceTimeout: Int32

    /// What the member said for the group's protocol; opaque.
    public var subscription: ByteSlice

    /// What the group's leader gave it; opaque.
    public var assignment: ByteSlice

    public init(
        id: ByteSlice,
        instance: ByteSlice? = nil,
        clientID: ByteSlice,
        clientHost: ByteSlice,
        sessionTimeout: Int32,
        rebalanceTimeout: Int32,
        subscription: ByteSlice,
        assignment: ByteSlice
    ) {
        self.id = id
        self.instance = instance
        self.clientID = clientID
        self.clientHost = clientHost
        self.sessionTimeout = sessionTimeout
        self.rebalanceTimeout = rebalanceTimeout
        self.subscription = subscription
        self.assignment = assignment
    }
}
