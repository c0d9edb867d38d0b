internal import Keyspace
internal import Model
internal import PeerWire
internal import RaftCore

// Groups at rest cost no ticks: only those that are awake are looked at, and a group is awake until
// its Raft is quiescent and nothing else waits for time to pass. Whatever touches it wakes it.
extension Shard {
    public var groupCount: Int { places.count }

    /// Groups that time passes for; the others are quiescent.
    public var awakeGroupCount: Int { awake.count }

    /// A tick of every group that is awake.
    func passTicks() {
        let places = awake
        awake.removeAll(keepingCapacity: true)
        for place in places {
            let group = groups[place]
            if group.waitsForLeader { group.raft.wake() }
            passTick(place)
            if group.isAtRest, group.raft.isQuiescent {
                group.isAwake = false
            } else {
                awake.append(place)
            }
        }
    }

    /// Raft's part of a tick: a leader that nobody has asked for anything rests.
    func passTickForRaft(_ group: Group) {
        // Who may not speak yet must not find out that nobody answers.
        guard voice.isProven else { return }
        if group.isAtRest, hasWantedMembers(group),
            group.raft.canQuiesce(excusing: { isSilent($0) })
        {
            group.raft.quiesce()
        } else {
            group.raft.tick()
        }
    }

    private func isSilent(_ replica: ReplicaID) -> Bool {
        replica != ReplicaID(node.number) && liveness.isSilent(NodeID(replica.number))
    }
}

// What nodes say of themselves.
extension Shard {
    /// Greets the other nodes, and notices which of them do not.
    func passTickForPeers() {
        if tick.number % UInt64(settings.raft.heartbeatTicks) == 0 {
            for peer in peers { send(greeting(for: peer), to: peer) }
            tellDistantPeers()
        }
        for node in liveness.fallenSilent(at: tick, after: settings.raft.electionTicks) {
            lost(node)
        }
    }

    /// Another node lives.
    func acceptGreeting(from node: NodeID, boots: UInt64) {
        switch liveness.heard(node, boots: boots, at: tick) {
        case .none: break
        case .hasRestarted:
            lost(node)
            tellLeaderships(to: node)
        case .isBack:
            // What it missed meanwhile, nobody told it: its groups were not kept awake for it.
            wakeLeaders { $0.raft.configuration.replicas.contains(ReplicaID(node.number)) }
            tellLeaderships(to: node)
        }
    }

    /// The groups that are led here go on, if `isConcerned`.
    func wakeLeaders(where isConcerned: (Group) -> Bool = { _ in true }) {
        for place in groups.indices
        where groups[place].isLeader && groups[place].raft.isQuiescent
            && isConcerned(groups[place])
        {
            groups[place].raft.wake()
            touch(place)
        }
    }

    private func lost(_ node: NodeID) {
        #if MARTLET_MUTANTS
        if settings.mutant == .sleepsThroughLossOfLeader { return }
        #endif
        for place in places(with: node) {
            groups[place].raft.lost(ReplicaID(node.number))
            touch(place)
        }
    }

    private func places(with node: NodeID) -> [Int] {
        let replica = ReplicaID(node.number)
        return groups.indices.filter { groups[$0].raft.configuration.replicas.contains(replica) }
    }
}

extension Group {
    /// Whether something is asked of the leader that it has not answered: whoever waits for it must
    /// notice if it leads no longer, and so needs its clock.
    var waitsForLeader: Bool {
        proposals.openCount > 0 || !reads.isIdle || !heldBack.isEmpty
    }

    /// Whether nothing but its Raft may need time to pass.
    ///
    /// A leader with leases needs it: they end by its clock.
    var isAtRest: Bool {
        guard !waitsForLeader, transfer == nil, snapshots.isAtRest
        else { return false }
        guard case .keyspace(let machine) = machine else { return true }
        return !machine.keyspace.isCompacting && !machine.hasNews && !machine.watches.hasBacklog
            && !quota.isExceeded && !(isLeader && machine.keyspace.nextExpiry != nil)
    }
}

extension GroupSnapshots {
    /// Whether none is on its way, in either direction or to the disk.
    var isAtRest: Bool { !isSaving && outgoing.isEmpty && incoming == nil }
}
