public import Groups
internal import Model

extension Fact {
    /// What people are told of it.
    public var record: LogRecord {
        switch self {
        case .becameLeader(let group, let term):
            LogRecord(.info, "leads the group", [.group(group), .number("term", term.number)])
        case .lostLeadership(let group, let term):
            LogRecord(
                .info,
                "no longer leads the group",
                [.group(group), .number("since_term", term.number)]
            )
        case .followsLeader(let group, let leader, let term):
            LogRecord(
                .info,
                "follows a leader",
                [.group(group), .node("leader", leader), .number("term", term.number)]
            )
        case .membersChanged(let group, let voters, let learners):
            LogRecord(
                .info,
                "the group's members have changed",
                [
                    .group(group), .nodes("voters", voters), .nodes("learners", learners),
                ]
            )
        case .snapshotTaken(let group, let index):
            LogRecord(.info, "snapshot taken", [.group(group), .number("index", index.number)])
        case .snapshotInstalled(let group, let index):
            LogRecord(
                .info,
                "snapshot of the leader installed",
                [.group(group), .number("index", index.number)]
            )
        case .snapshotFailed(let group, let reason):
            LogRecord(.warn, "snapshot failed", [.group(group), .text("reason", reason)])
        case .damaged(let group, let index):
            LogRecord(
                .error,
                "the disk has lost data of the group, it is fetched from the leader: this node"
                    + " neither leads the group nor votes until then",
                [.group(group), .number("whole_up_to", index.number)]
            )
        case .rotFound(let what):
            LogRecord(
                .error,
                "data at rest has rotted on the disk: it is written anew from memory",
                [.text("what", "\(what)")]
            )
        case .halted(let group):
            LogRecord(
                .error,
                "the group stands still: it is damaged here and has no leader to repair it; start"
                    + " the nodes whose copies are whole, or see docs/operations/damaged-data.md",
                [.group(group)]
            )
        case .repaired(let group, let index):
            LogRecord(
                .info,
                "the group is repaired",
                [.group(group), .number("index", index.number)]
            )
        case .storageIsFull(let path):
            LogRecord(
                .warn,
                "no space on the disk: writes are refused, reads are served",
                [.text("path", path)]
            )
        case .storageHasSpaceAgain:
            LogRecord(.info, "the disk has space again: writes are served")
        case .malformedFrame(let node, let reason):
            LogRecord(
                .warn,
                "a frame was dropped",
                [.node("peer", node), .text("reason", reason)]
            )
        case .diskRefused(let reason):
            LogRecord(.error, "the node's disk is not the one it had", [.text("reason", reason)])
        case .storageFailed(let reason):
            LogRecord(.error, "storage failed, the node stops", [.text("reason", reason)])
        }
    }
}

extension LogRecord.Field {
    static func group(_ group: GroupID) -> LogRecord.Field { .number("group", group.number) }

    static func nodes(_ name: String, _ nodes: [NodeID]) -> LogRecord.Field {
        .text(name, nodes.map { String($0.number, radix: 16) }.joined(separator: " "))
    }

    /// In the digits that etcdctl shows.
    static func node(_ name: String, _ node: NodeID) -> LogRecord.Field {
        .text(name, String(node.number, radix: 16))
    }
}
