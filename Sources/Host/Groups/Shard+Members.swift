internal import Bytes
public import Controller
public import Model
internal import RaftCore

// Who belongs to the groups. The control group's log says whom the cluster wants; each group's leader
// brings its group there, step by step, and looks again every few ticks. Nothing of it is kept but the
// logs: a change that is interrupted, at whatever step, goes on under whoever leads next.
//
// Whoever is to vote joins as a learner, and votes once it has caught up; so a member that never
// starts costs nobody its quorum. Whoever is to leave stays until enough of those that are wanted
// can vote.
extension Shard {
    /// Proposes a change of the cluster's metadata; `.metadataChanged` says what came of it.
    public func propose(_ record: ClusterRecord, for waiter: Waiter) {
        propose(
            ControlRecordCodec.kind(of: record),
            body: ControlRecordCodec.encode(record),
            to: .control,
            for: waiter
        )
    }

    /// Whether this node only learns, in the group that clients ask about.
    public func isLearner(in group: GroupID) -> Bool {
        if let image = metadata, let member = image.member(node) { return member.isLearner }
        guard let place = place(of: group) else { return false }
        return groups[place].raft.configuration.learners.contains(ReplicaID(node.number))
    }

    /// Whether a former member's frames are refused: it belongs to no group any longer.
    public func refuses(_ node: NodeID) -> Bool { strangers.contains(node) }

    func passTickForMembers(_ group: Group, at place: Int) {
        guard group.isLeader, tick.number % UInt64(Limits.ticksBetweenMemberChecks) == 0,
            let control = controlMachine, control.controller.image.isFounded,
            group.membership.agreedVersion != control.membersVersion || !group.raft.isSettled,
            knowsMembers(group, at: place), group.raft.isSettled
        else { return }
        let image = control.controller.image
        let wanted = WantedMembers(
            image,
            replicas: group.replicas,
            group.raft,
            departing: departing(from: group, image)
        )
        guard wanted.differ(from: group.raft.configuration) else {
            if wanted.areComplete { group.membership.agreedVersion = control.membersVersion }
            return
        }
        guard !handsOver(group, among: wanted.voters) else { return }
        _ = group.raft.changeMembers(voters: wanted.voters, learners: wanted.learners)
    }

    /// Former members that another group may still have: they stay in the control group, as learners.
    ///
    /// Whoever leads that group must hear that it is to leave, and nobody else changes the group.
    private func departing(from group: Group, _ image: MetadataImage) -> [ReplicaID] {
        guard group.id == .control else { return [] }
        return group.raft.configuration.replicas.filter { replica in
            image.member(NodeID(replica.number)) == nil
                && groups.contains { $0.id != .control && !$0.isVacant && $0.mayHave(replica) }
        }
    }

    /// Whether there is nothing to do for the leader of a group that has other members than it should.
    func hasWantedMembers(_ group: Group) -> Bool {
        guard let control = controlMachine, control.controller.image.isFounded else { return true }
        return group.membership.agreedVersion == control.membersVersion && group.raft.isSettled
    }

    /// A leader that is to leave has another take over first, if there is one; asked once a term.
    ///
    /// True while that is under way.
    private func handsOver(_ group: Group, among voters: [ReplicaID]) -> Bool {
        if group.raft.successor != nil { return true }
        guard !voters.contains(ReplicaID(node.number)),
            group.membership.handedOverTerm != group.raft.term,
            let successor = group.raft.likelySuccessor(among: voters)
        else { return false }
        group.membership.handedOverTerm = group.raft.term
        transferLeadership(of: group.id, to: NodeID(successor.number), for: .none)
        return true
    }
}

extension Group {
    /// Whether the replica belongs to the group, or this node cannot know that it does not.
    fileprivate func mayHave(_ replica: ReplicaID) -> Bool {
        let latest = raft.configuration
        let committed = raft.configuration(at: raft.commitIndex)
        return latest.replicas.contains(replica) || committed.replicas.contains(replica)
            || latest.voters.isEmpty || !hasKnownLeader
    }
}

// A new leader may have applied less of the control group's log than the one before it had when it
// changed the group. Not to undo that, it first makes sure, by a linearizable read, that it knows all.
extension Shard {
    private func knowsMembers(_ group: Group, at place: Int) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .staleMembersAreWanted { return true }
        #endif
        if group.membership.knownTerm == group.raft.term { return true }
        let isAsking =
            group.membership.askedTerm == group.raft.term
            && tick < group.membership.askedAt + settings.requestTimeoutTicks
        if !isAsking {
            group.membership.askedTerm = group.raft.term
            group.membership.askedAt = tick
            read(.control, for: .members(of: place))
        }
        return false
    }

    /// The control group's state here is not older than the question; false if a client asked.
    func completeOwnRead(_ waiter: Waiter) -> Bool {
        guard let place = waiter.membersPlace else { return false }
        groups[place].membership.knownTerm = groups[place].membership.askedTerm
        return true
    }

    var controlMachine: ControlMachine? {
        guard let place = place(of: .control), case .control(let machine) = groups[place].machine
        else { return nil }
        return machine
    }
}

// Whom this node talks to.
extension Shard {
    /// Something changed that decides who the peers are.
    func notePeers() { arePeersStale = true }

    /// The cluster has other members: who leads a group may have to change those of the group.
    func noteMembers() {
        notePeers()
        wakeLeaders()
    }

    /// Tells of a group whose configuration has changed, and that the peers may be others.
    func tellConfiguration(_ group: Group) {
        let index = group.raft.configuration(at: group.raft.commitIndex)
        guard index != group.membership.observed else { return }
        let isFirst = group.membership.observed == nil
        group.membership.observed = index
        // A new group among known nodes: to look at all others for it would be much for many of them.
        if !isFirst || !isAmongPeers(index) { notePeers() }
        guard !index.isJoint, group.raft.configurationIndex > .zero else { return }
        effects.facts.append(
            .membersChanged(
                group.id,
                voters: index.voters.map { NodeID($0.number) },
                learners: index.learners.map { NodeID($0.number) }
            )
        )
    }

    private func isAmongPeers(_ configuration: GroupConfiguration) -> Bool {
        configuration.replicas.allSatisfy {
            $0.number == node.number || peers.contains(NodeID($0.number))
        }
    }

    /// All members, and whoever is still in a group, by the latest configuration or the last that is
    /// committed: until then its vote may be needed.
    func refreshPeers() {
        guard arePeersStale else { return }
        arePeersStale = false
        let image = metadata ?? MetadataImage()
        var nodes = image.isFounded ? image.members.map(\.id) : firstPeers
        for group in groups {
            let raft = group.raft
            nodes += raft.configuration.replicas.map { NodeID($0.number) }
            nodes += raft.configuration(at: raft.commitIndex).replicas.map { NodeID($0.number) }
            if let leader = group.leaderNode { nodes.append(leader) }
        }
        // Nobody is let go while one cannot know.
        let isSure = knowsWhoBelongs
        if !isSure { nodes += peers }
        let found = Set(nodes).subtracting([node]).sorted()
        strangers = isSure ? image.removed.filter { $0 != node && !found.contains($0) } : []
        guard found != peers else { return }
        peers = found
        liveness.follow(found, at: tick)
        outboxes.removeAll { !found.contains($0.target) }
    }
}

extension Shard {
    /// Whether this node knows of each group who is in it, as far as one can know that.
    ///
    /// Who joins hears in the control group's log that a member is removed before it hears of the
    /// members that the groups have had, while that member may be the leader that tells it all this.
    /// So may whoever leads next where no leader is known.
    private var knowsWhoBelongs: Bool {
        groups.allSatisfy { $0.hasKnownLeader && !$0.raft.configuration.voters.isEmpty }
    }
}

// What a leader of the control group does not take, though it would be sound.
extension Shard {
    /// Etcd's rule: a learner is promoted once it has nine tenths of what the leader has.
    ///
    /// Of groups that others lead, this node knows only whether the learner is in them.
    func objection(to payload: ByteSlice, in group: Group) -> Refusal? {
        guard group.id == .control, group.isLeader,
            let header = try? CommandHeader(decoding: payload), header.kind == .promoteMember,
            case .memberPromoted(let id)? = try? ControlRecordCodec.decode(
                header.kind,
                CommandHeader.body(of: payload)
            ),
            metadata?.member(id)?.isLearner ?? false
        else { return nil }
        let replica = ReplicaID(id.number)
        let isReady = groups.allSatisfy {
            $0.isVacant || $0.replicas != nil
                || $0.raft.configuration.replicas.contains(replica)
                    && (!$0.isLeader || $0.raft.isCaughtUp(replica))
        }
        return isReady ? nil : .learnerNotReady
    }
}

/// Who belongs to a group, as its replica here has it in its log.
public struct GroupMembers: Sendable, Equatable {
    public var voters: [NodeID]

    /// Who votes, too, until a change is concluded.
    public var outgoingVoters: [NodeID]
    public var learners: [NodeID]

    /// Whether it is committed, and no change is half done.
    public var isSettled: Bool
}

extension Shard {
    public func members(_ group: GroupID) -> GroupMembers? {
        guard let place = place(of: group) else { return nil }
        let raft = groups[place].raft
        return GroupMembers(
            voters: raft.configuration.voters.map { NodeID($0.number) },
            outgoingVoters: raft.configuration.outgoingVoters.map { NodeID($0.number) },
            learners: raft.configuration.learners.map { NodeID($0.number) },
            isSettled: raft.isSettled
        )
    }
}
