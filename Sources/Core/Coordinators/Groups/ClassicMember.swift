internal import Bytes
internal import Model

/// A member of a group of the classic protocol, as the leader's coordinator knows it.
struct ClassicMember: Sendable, Equatable {
    var id: ByteSlice
    let instance: ByteSlice?
    var clientID: ByteSlice
    var clientHost: ByteSlice
    var sessionTimeout: Int32
    var rebalanceTimeout: Int32
    var protocols: [JoinProtocol]
    var assignment: ByteSlice = .empty

    /// Members are named in the order in which they came.
    let number: UInt64

    var waiting = Waiting.nothing

    /// It has yet to ask for the assignment of this generation.
    var owesSync = false

    /// Unless it is heard before, it is taken for dead.
    var sessionDeadline: GroupTime

    enum Waiting: Sendable, Equatable {
        case nothing

        /// For the generation that is being prepared; a new one not for ever.
        case join(CoordinatorWaiter, isNew: Bool)

        /// For its assignment.
        case sync(CoordinatorWaiter)
    }

    var isJoining: Bool {
        switch waiting {
        case .join: true
        case .nothing, .sync: false
        }
    }

    /// Who waits for us is alive as far as we can know; only a new member's patience is not trusted.
    var isWatched: Bool {
        switch waiting {
        case .nothing, .join(_, isNew: true): true
        case .sync, .join(_, isNew: false): false
        }
    }

    func metadata(for name: ByteSlice?) -> ByteSlice {
        protocols.first { $0.name == name }?.metadata ?? .empty
    }

    func supports(_ name: ByteSlice) -> Bool { protocols.contains { $0.name == name } }

    mutating func extendSession(from now: GroupTime) {
        sessionDeadline = now + Int64(sessionTimeout)
    }

    mutating func adopt(_ request: JoinRequest, _ protocols: [JoinProtocol]) {
        self.protocols = protocols
        clientID = request.clientID.compacted
        clientHost = request.clientHost.compacted
        sessionTimeout = request.sessionTimeout
        rebalanceTimeout = request.rebalanceTimeoutInUse
    }
}

extension ClassicMember {
    init(
        _ id: ByteSlice,
        _ request: JoinRequest,
        number: UInt64,
        waiter: CoordinatorWaiter,
        now: GroupTime
    ) {
        self.init(
            id: id.compacted,
            instance: request.instance?.compacted,
            clientID: request.clientID.compacted,
            clientHost: request.clientHost.compacted,
            sessionTimeout: request.sessionTimeout,
            rebalanceTimeout: request.rebalanceTimeoutInUse,
            protocols: request.protocolsToKeep,
            number: number,
            waiting: .join(waiter, isNew: true),
            sessionDeadline: now + Limits.newMemberJoinTimeout
        )
    }

    /// A member that a former leader knew; it has a session's time to be heard.
    init(_ record: GroupMemberRecord, of group: GroupRecord, number: UInt64, now: GroupTime) {
        self.init(
            id: record.id,
            instance: record.instance,
            clientID: record.clientID,
            clientHost: record.clientHost,
            sessionTimeout: record.sessionTimeout,
            rebalanceTimeout: record.rebalanceTimeout,
            protocols: group.protocolName.map {
                [JoinProtocol(name: $0, metadata: record.subscription)]
            } ?? [],
            assignment: record.assignment,
            number: number,
            sessionDeadline: now + Int64(record.sessionTimeout)
        )
    }

    func record(for protocolName: ByteSlice?) -> GroupMemberRecord {
        GroupMemberRecord(
            id: id,
            instance: instance,
            clientID: clientID,
            clientHost: clientHost,
            sessionTimeout: sessionTimeout,
            rebalanceTimeout: rebalanceTimeout,
            subscription: metadata(for: protocolName),
            assignment: assignment
        )
    }
}

extension JoinRequest {
    var rebalanceTimeoutInUse: Int32 {
        rebalanceTimeout < 0 ? sessionTimeout : min(rebalanceTimeout, Limits.rebalanceTimeoutMax)
    }

    /// With bytes of their own: a member outlives its request.
    var protocolsToKeep: [JoinProtocol] {
        protocols.map { JoinProtocol(name: $0.name.compacted, metadata: $0.metadata.compacted) }
    }

    /// Whether nothing in it goes beyond what a group's record may hold.
    var isWithinLimits: Bool {
        let names = [
            group, member, newMember, instance ?? .empty, clientID, clientHost, protocolType,
        ]
        return (names + protocols.map(\.name)).allSatisfy { $0.count <= Limits.nameBytesMax }
            && protocols.count <= Limits.protocolsMax
            && protocols.reduce(0) { $0 + $1.metadata.count } <= Limits.memberBytesMax
    }
}
