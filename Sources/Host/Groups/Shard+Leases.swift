internal import Bytes
internal import Keyspace
internal import Model
internal import RaftCore

extension Shard {
    /// The leader watches the deadlines, proposes to revoke what has passed, and writes the time
    /// down now and then, so that a new leader goes on from there.
    func passTickForLeases(_ group: Group) {
        guard group.isLeader, case .keyspace(let machine) = group.machine,
            !machine.keyspace.alarms.isCorrupt, let nextExpiry = machine.keyspace.nextExpiry
        else { return }
        let time = group.time.stamp(in: group.raft.term, at: now)
        if nextExpiry <= time {
            guard !group.leases.isExpiring(at: tick) else { return }
            let expired = machine.keyspace.expiredLeases(
                at: time,
                limit: Limits.leasesExpiredPerCommandMax,
                keysMax: Limits.keysExpiredPerCommandMax
            )
            group.leases.expire(at: tick, retryTicks: expiryRetryTicks)
            propose(
                .expireLeases,
                body: LeaseListCodec.encode(expired),
                to: group.id,
                for: .none
            )
        } else if group.leases.isTimeDue(at: tick, every: settings.advanceTimeTicks) {
            propose(.advanceTime, body: .empty, to: group.id, for: .none)
        }
    }
}

extension Shard {
    private var expiryRetryTicks: Int {
        #if MARTLET_MUTANTS
        if settings.mutant == .expiryIsProposedOnce { return 1 << 40 }
        #endif
        return settings.requestTimeoutTicks
    }
}

/// When a leader last did what it does for leases.
struct LeaseWatch {
    private var expiringUntil = Tick.zero
    private var timeWrittenAt = Tick.zero

    /// A proposal to expire is under way; proposing it again would only fill the log.
    func isExpiring(at now: Tick) -> Bool { now < expiringUntil }

    mutating func expire(at now: Tick, retryTicks: Int) { expiringUntil = now + retryTicks }

    /// What was proposed has been applied; more may be due.
    mutating func expired() { expiringUntil = .zero }

    mutating func isTimeDue(at now: Tick, every ticks: Int) -> Bool {
        guard now >= timeWrittenAt + ticks else { return false }
        timeWrittenAt = now
        return true
    }
}
