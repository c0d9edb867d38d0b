internal import EtcdWire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Whether this node finds its keyspace larger than its quota, and has said so.
///
/// To measure is each node's own business; what follows from it is not. A node that finds too much
/// proposes an alarm, and only once that is applied, on every node at the same index, are writes
/// refused. As in etcd, nothing ends the alarm but somebody who disarms it, and nothing raises it
/// again but a further write.
struct QuotaWatch {
    /// A write has been applied that left the keyspace too large.
    private(set) var isExceeded = false
    private var proposedUntil = Tick.zero

    mutating func noteExceeded() { isExceeded = true }

    /// Whether to propose the alarm now; asked once a tick.
    mutating func isAlarmDue(
        _ alarms: AlarmTable,
        at now: Tick,
        retryTicks: Int
    ) -> Bool {
        guard isExceeded else { return false }
        guard !alarms.isShortOfSpace else {
            isExceeded = false
            proposedUntil = .zero
            return false
        }
        guard now >= proposedUntil else { return false }
        proposedUntil = now + retryTicks
        return true
    }
}

extension Shard {
    /// The bytes that a keyspace may have; nil if there is no limit.
    public var quotaBytes: Int? { settings.quotaBytes }

    /// Looks at the size after a command that may have made it larger.
    func noteSize(of machine: KeyspaceMachine, after kind: CommandKind, in group: Group) {
        guard kind == .put || kind == .txn || kind == .leaseGrant, let quota = settings.quotaBytes,
            machine.keyspace.byteCount > quota,
            !machine.keyspace.alarms.isShortOfSpace
        else { return }
        group.quota.noteExceeded()
    }

    func passTickForQuota(_ group: Group) {
        guard case .keyspace(let machine) = group.machine,
            group.quota.isAlarmDue(
                machine.keyspace.alarms,
                at: tick,
                retryTicks: settings.requestTimeoutTicks
            )
        else { return }
        let alarm = AlarmRequest(action: .activate, memberID: node.number, alarm: .noSpace)
        propose(.alarm, body: alarm.encoded, to: group.id, for: .none)
    }
}
