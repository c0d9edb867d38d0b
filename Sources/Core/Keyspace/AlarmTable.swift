public import KeyspaceModel

/// The alarms that members have raised, in the order of their types and members.
///
/// What they forbid is looked up at each command, so it is kept beside them.
public struct AlarmTable: Sendable, Equatable {
    public private(set) var members: [AlarmMember] = []

    /// Some member has no space left: whatever needs more is refused.
    public private(set) var isShortOfSpace = false

    /// Some member's data differs: whatever changes something is refused.
    public private(set) var isCorrupt = false

    public init() {}

    public var isEmpty: Bool { members.isEmpty }

    /// Those of one type, or all if there is none given.
    public func members(of type: AlarmType) -> [AlarmMember] {
        type == .none ? members : members.filter { $0.alarm == type }
    }

    public func contains(_ member: AlarmMember) -> Bool { members.contains(member) }

    mutating func insert(_ member: AlarmMember) {
        let place = members.firstIndex { Self.order($0) >= Self.order(member) }
        if let place, members[place] == member { return }
        members.insert(member, at: place ?? members.endIndex)
        note()
    }

    /// Whether it was there.
    mutating func remove(_ member: AlarmMember) -> Bool {
        guard let place = members.firstIndex(of: member) else { return false }
        members.remove(at: place)
        note()
        return true
    }

    private mutating func note() {
        isShortOfSpace = members.contains { $0.alarm == .noSpace }
        isCorrupt = members.contains { $0.alarm == .corrupt }
    }

    static func order(_ member: AlarmMember) -> (Int32, UInt64) {
        (member.alarm.number, member.memberID)
    }
}
