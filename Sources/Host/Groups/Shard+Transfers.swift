public import Model
internal import RaftCore

/// Those who wait for a node to lead a group.
struct PendingTransfer {
    let successor: ReplicaID

    /// An election that never ends must not keep them waiting.
    let deadline: Tick

    var waiters: [Waiter] = []
}

// Leadership is handed over on request, or because the node stops. Proposals that come meanwhile
// are held back and follow it.
extension Shard {
    /// Has `node` lead the group, if this node does.
    ///
    /// Ends with `.leadershipTransferred` once this node follows it (at once, if it is this node
    /// itself), or refused: `.notLeader`, `.notVoter`, `.tooManyRequests` and `.unknownGroup` at
    /// once; `.notTransferred` when the leader gives up (after an election timeout), when another
    /// replica is elected, when a request for another node takes this one's place, or when a
    /// request's time is up.
    public func transferLeadership(
        of groupID: GroupID,
        to node: NodeID,
        for waiter: Waiter
    ) {
        guard let place = place(of: groupID) else { return refuse(waiter, .unknownGroup) }
        let group = groups[place]
        let successor = ReplicaID(node.number)
        switch group.raft.transferLeadership(to: successor) {
        case .notLeader: return refuse(waiter, .notLeader)
        case .notVoter: return refuse(waiter, .notVoter)
        case .leadsAlready: complete(waiter, .leadershipTransferred)
        case .begun: wait(waiter, for: successor, in: group)
        }
        touch(place)
    }

    private func wait(_ waiter: Waiter, for successor: ReplicaID, in group: Group) {
        if group.transfer?.successor != successor {
            endTransfer(of: group, .refused(.notTransferred))
        }
        var transfer =
            group.transfer
            ?? PendingTransfer(
                successor: successor,
                deadline: tick + settings.requestTimeoutTicks
            )
        guard transfer.waiters.count < Limits.transferWaitersMax else {
            return refuse(waiter, .tooManyRequests)
        }
        transfer.waiters.append(waiter)
        group.transfer = transfer
    }

    /// Tells those who wait what has become of the transfer, if that is known.
    ///
    /// Between the old leader and the next there is none: that ends with the election, however many
    /// rounds it takes.
    func tellTransfer(_ group: Group) {
        guard let transfer = group.transfer else { return }
        if tick >= transfer.deadline { return endTransfer(of: group, .refused(.notTransferred)) }
        guard let leader = group.raft.leader else { return }
        if leader == transfer.successor {
            endTransfer(of: group, .leadershipTransferred)
        } else if !group.isLeader || group.raft.successor != transfer.successor {
            endTransfer(of: group, .refused(.notTransferred))
        }
    }

    func endTransfer(of group: Group, _ result: CompletionResult) {
        guard let transfer = group.transfer else { return }
        group.transfer = nil
        for waiter in transfer.waiters { complete(waiter, result) }
    }
}

// What a node does before it stops, so that nobody waits for an election timeout.
extension Shard {
    /// Hands over every group that this node leads, each to the voter that is the least behind.
    ///
    /// False once there is none left to hand over: it leads no more, or no other voter was heard of
    /// lately. To be called again until then, or until the time is up.
    public func handOverLeaderships() -> Bool {
        var isUnderWay = false
        for group in groups where group.isLeader {
            guard group.raft.successor == nil else {
                isUnderWay = true
                continue
            }
            guard let successor = group.raft.likelySuccessor else { continue }
            isUnderWay = true
            transferLeadership(of: group.id, to: NodeID(successor.number), for: .none)
        }
        return isUnderWay
    }

    /// A leader whose disk is full or hangs lets another lead.
    ///
    /// Once, until its disk works again: should all disks be full, leadership must not go round.
    func leaveOfficeIfStuck() {
        guard journal.isStuck(at: tick, after: settings.appendStallTicks) else {
            hasLeftOffice = false
            return
        }
        if !hasLeftOffice { hasLeftOffice = handOverLeaderships() }
    }

    /// Whether a client's command waits for its outcome.
    public var hasOpenProposals: Bool { groups.contains { $0.proposals.openCount > 0 } }
}
