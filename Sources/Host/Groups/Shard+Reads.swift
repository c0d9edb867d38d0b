public import Model
internal import PeerWire
internal import RaftCore

extension Shard {
    /// Asks that a linearizable read be served; `.readable` says when.
    public func read(_ groupID: GroupID, for waiter: Waiter) {
        guard let place = place(of: groupID) else { return refuse(waiter, .unknownGroup) }
        let group = groups[place]
        guard !isHalted(group) else {
            counters.readsFailed += 1
            return refuse(waiter, .groupDamaged)
        }
        guard group.reads.waitingCount < Limits.readsWaitingMax else {
            counters.readsFailed += 1
            return refuse(waiter, .tooManyRequests)
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .followerReadsLocally {
            complete(waiter, .readable)
            return
        }
        #endif
        group.reads.append(waiter, deadline: tick + settings.requestTimeoutTicks)
        touch(place)
    }

    /// Opens one round for all reads that wait: with Raft if this node leads, else with the leader.
    func openReadRound(_ group: Group) {
        guard group.reads.hasWaiting, let leader = group.leaderNode else { return }
        if group.isLeader {
            let number = group.reads.openRound(at: tick)
            if group.raft.read(ReadRequest(number)) != .accepted { dropRead(number, in: group) }
        } else if group.reads.mayAskLeader(at: tick) {
            let number = group.reads.openRound(at: tick)
            send(.read(group.id, sequence: number), to: leader)
        }
    }

    /// A follower asks on behalf of its reads.
    func acceptRead(_ sequence: UInt64, from node: NodeID, in group: Group) {
        guard group.isLeader, group.reads.roundCount < Limits.readRoundsMax else {
            return send(.readReply(group.id, sequence: sequence, index: nil), to: node)
        }
        let number = group.reads.openRemoteRound(node, sequence: sequence, at: tick)
        if group.raft.read(ReadRequest(number)) != .accepted { dropRead(number, in: group) }
    }

    func acceptReadReply(_ sequence: UInt64, _ index: LogIndex?, in group: Group) {
        if let index {
            confirmRead(sequence, at: index, in: group)
        } else {
            dropRead(sequence, in: group)
        }
    }

    func confirmRead(_ number: UInt64, at index: LogIndex, in group: Group) {
        guard let (node, sequence) = group.reads.confirm(number, at: index) else { return }
        send(.readReply(group.id, sequence: sequence, index: index), to: node)
    }

    func dropRead(_ number: UInt64, in group: Group) {
        guard let (node, sequence) = group.reads.drop(number, at: tick) else { return }
        send(.readReply(group.id, sequence: sequence, index: nil), to: node)
    }

    func serveReads(_ group: Group) {
        group.reads.serve(applied: readLimit(group)) {
            guard !completeOwnRead($0) else { return }
            complete($0, .readable)
        }
    }

    private func readLimit(_ group: Group) -> LogIndex {
        #if MARTLET_MUTANTS
        if settings.mutant == .readIgnoresAppliedIndex { return LogIndex(.max) }
        #endif
        return group.raft.appliedIndex
    }
}
