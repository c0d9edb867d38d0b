internal import Bytes
internal import Model

/// What one step of a group is given, and what it wants done.
struct GroupTurn {
    let now: GroupTime
    let settings: GroupSettings
    var effects: [CoordinatorEffect] = []

    /// What is to be put into the log, and what then follows.
    var proposals: [(command: CoordinatorCommand, change: PendingChange)] = []

    init(now: GroupTime, settings: GroupSettings) {
        self.now = now
        self.settings = settings
    }

    mutating func answer(_ waiter: CoordinatorWaiter, _ answer: GroupAnswer) {
        effects.append(.answer(waiter, answer))
    }

    mutating func propose(_ command: CoordinatorCommand, then change: PendingChange) {
        proposals.append((command, change))
    }
}

/// What follows once a proposal is applied.
enum PendingChange: Sendable, Equatable {
    /// The generation's members get what they were assigned.
    case assignment(group: ByteSlice, GroupGeneration)

    /// A static member took its former self's place.
    case staticMember(group: ByteSlice, StaticReturn)

    /// A group of the consumer protocol is as its members are then told.
    case consumers(group: ByteSlice, UInt64)

    /// The group is known to be empty.
    case emptied(group: ByteSlice)

    case offsets(CoordinatorWaiter, [PartitionResult])
    case marker(CoordinatorWaiter)
    case deletion(CoordinatorWaiter, [GroupResult], ids: [ByteSlice])
    case offsetDeletion(CoordinatorWaiter, [PartitionResult])

    /// Nobody waits.
    case expiry
}

/// A static member that joined again while its group was stable.
struct StaticReturn: Sendable, Equatable {
    let waiter: CoordinatorWaiter
    let member: ByteSlice

    /// Who led when it came back, perhaps by its former ID.
    let formerLeader: ByteSlice
    let canSkipAssignment: Bool
}
