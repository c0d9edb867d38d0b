internal import Groups
internal import Keyspace
internal import KeyspaceModel

/// What a probe is told of a node, apart from reading.
struct NodeHealth: Equatable {
    var hasLeader: Bool
    var alarms = AlarmTable()

    var isCorrupt: Bool { alarms.isCorrupt }

    /// The first alarm whose name is not excluded; nil if there is none.
    func alarm(excluding excluded: [String]) -> String? {
        alarms.members.map(\.alarm.name).first { !excluded.contains($0) }
    }
}

extension EtcdFront {
    var health: NodeHealth {
        NodeHealth(hasLeader: leader != nil, alarms: machine?.keyspace.alarms ?? AlarmTable())
    }
}

extension AlarmType {
    /// etcd's name for it.
    var name: String {
        switch self {
        case .none: "NONE"
        case .noSpace: "NOSPACE"
        case .corrupt: "CORRUPT"
        case .unrecognized: "UNKNOWN"
        }
    }
}

extension AlarmMember {
    /// As etcd prints it in `Status.errors`, the blank at the end included.
    var text: String { "memberID:\(memberID) alarm:\(alarm.name) " }
}
