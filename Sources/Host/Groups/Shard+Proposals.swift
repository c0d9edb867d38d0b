public import Bytes
public import Controller
public import Model
internal import PeerWire
internal import RaftCore

extension Shard {
    /// The payload of a command that has not been proposed: header and request in one array.
    ///
    /// A front decodes and checks the request in place, behind `CommandHeader.byteCount`, and then
    /// proposes the payload before it prepares another for the group.
    public func prepare(
        _ kind: CommandKind,
        body: UnsafeRawBufferPointer,
        to group: GroupID
    ) -> ByteSlice {
        guard let place = place(of: group) else { return .empty }
        let group = groups[place]
        return CommandHeader(
            kind: kind,
            origin: node,
            sequence: group.proposals.nextSequence,
            time: group.time.stamp(in: group.raft.term, at: now)
        ).payload(body)
    }

    /// Proposes what `prepare` gave; the outcome comes as a completion for `waiter`.
    public func propose(_ payload: ByteSlice, to groupID: GroupID, for waiter: Waiter) {
        guard let place = place(of: groupID) else { return refuse(waiter, .unknownGroup) }
        let group = groups[place]
        guard !journal.isFull else { return refuseProposal(waiter, .storageFull) }
        guard !isHalted(group) else { return refuseProposal(waiter, .groupDamaged) }
        guard group.proposals.openCount < Limits.proposalsInFlightMax else {
            return refuseProposal(waiter, .tooManyRequests)
        }
        let deadline = tick + settings.requestTimeoutTicks
        let sequence = group.proposals.open(waiter, deadline: deadline)
        #if MARTLET_MUTANTS
        if settings.mutant == .answersBeforeCommit, case .keyspace(let machine) = group.machine {
            answerEarly(machine, payload, waiter)
        }
        #endif
        submit(payload, sequence: sequence, in: group)
        touch(place)
    }

    /// Prepares and proposes in one call.
    public func propose(
        _ kind: CommandKind,
        body: ByteSlice,
        to group: GroupID,
        for waiter: Waiter
    ) {
        let payload = body.withUnsafeBytes { prepare(kind, body: $0, to: group) }
        propose(payload, to: group, for: waiter)
    }

    /// Proposes a change of the cluster's metadata, for whoever reads the image later.
    public func propose(_ record: ClusterRecord) {
        propose(
            ControlRecordCodec.kind(of: record),
            body: ControlRecordCodec.encode(record),
            to: .control,
            for: .none
        )
    }

    /// To Raft if this node leads, to the leader's node if another does, else held back.
    ///
    /// What is held back goes first: a leader takes a node's commands only in their order.
    private func submit(_ payload: ByteSlice, sequence: UInt64, in group: Group) {
        guard !group.isBoundToTerm || group.isLeader && group.takesProposals else {
            return refuse(group, sequence, .notLeader)
        }
        guard group.heldBack.isEmpty else { return holdBack(payload, sequence, in: group) }
        guard !group.isLeader || journal.gatheredBytes < Limits.gatheredBytesMax else {
            return refuse(group, sequence, .tooManyRequests)
        }
        if let refusal = objection(to: payload, in: group) {
            return refuse(group, sequence, refusal)
        }
        switch group.raft.propose(payload, kind: .command) {
        case .accepted: group.proposals.noteSent(sequence, in: group.raft.term, payload)
        case .tooManyUncommittedBytes: refuse(group, sequence, .tooManyRequests)
        case .notLeader(let leader?): forward(payload, sequence, in: group, to: leader)
        case .notLeader(nil), .handingOver: holdBack(payload, sequence, in: group)
        }
    }

    private func forward(
        _ payload: ByteSlice,
        _ sequence: UInt64,
        in group: Group,
        to leader: ReplicaID
    ) {
        let proposal = ForwardedProposal(
            term: group.raft.term,
            sequence: sequence,
            payload: payload
        )
        send(.proposal(group.id, proposal), to: NodeID(leader.number))
        group.proposals.noteSent(sequence, in: group.raft.term, payload)
    }

    private func holdBack(_ payload: ByteSlice, _ sequence: UInt64, in group: Group) {
        let command = HeldBackCommands.Command(sequence: sequence, payload: payload)
        if !group.heldBack.append(command) { refuse(group, sequence, .tooManyRequests) }
    }

    private func refuse(_ group: Group, _ sequence: UInt64, _ refusal: Refusal) {
        guard let waiter = group.proposals.close(sequence) else { return }
        refuseProposal(waiter, refusal)
    }

    private func refuseProposal(_ waiter: Waiter, _ refusal: Refusal) {
        // What nobody waits for is the shard's own, and proposed again.
        if waiter != .none { counters.proposalsFailed += 1 }
        refuse(waiter, refusal)
    }

    /// Once a leader is known, what was held back goes to it, in order.
    func releaseHeldBack(_ group: Group) {
        guard !group.heldBack.isEmpty, group.takesProposals, tick >= group.heldBackUntil
        else { return }
        for command in group.heldBack.takeAll() where group.proposals.isOpen(command.sequence) {
            let payload =
                group.isLeader
                ? restamped(command.payload, in: group) ?? command.payload : command.payload
            submit(payload, sequence: command.sequence, in: group)
        }
    }

    func dropExpiredHeldBack(_ group: Group) {
        guard !group.heldBack.isEmpty else { return }
        group.heldBack.removeAll { !group.proposals.isOpen($0.sequence) }
    }

    /// A command with the leader's time in its header, in an array of its own; `sequence` takes the
    /// place of the header's, if given.
    private func restamped(
        _ payload: ByteSlice,
        sequence: UInt64? = nil,
        in group: Group
    ) -> ByteSlice? {
        guard var header = try? CommandHeader(decoding: payload) else { return nil }
        header.time = group.time.stamp(in: group.raft.term, at: now)
        header.sequence = sequence ?? header.sequence
        return CommandHeader.body(of: payload).withUnsafeBytes { header.payload($0) }
    }

    /// Another node's client's command, for this node to propose.
    ///
    /// Taken once at most: only in the term it was meant for, and only above the highest sequence
    /// that its origin has sent in this term. What the network replays is ignored, not refused, as
    /// the first copy may have been taken; so is what was meant for this node's leadership before
    /// a restart, of which it remembers nothing. What comes too late for a term that this node has
    /// led, nobody has taken or will: it goes back to be proposed anew.
    func accept(_ proposal: ForwardedProposal, from origin: NodeID, in group: Group) {
        guard proposal.term == group.forwardsTerm, isNew(proposal.sequence, of: origin, in: group)
        else { return }
        guard group.isLeader, proposal.term == group.raft.term else {
            return giveBack(proposal, to: origin, in: group)
        }
        guard !journal.isFull else {
            return refuse(proposal, .storageFull, to: origin, in: group)
        }
        guard journal.gatheredBytes < Limits.gatheredBytesMax else {
            return refuse(proposal, .tooManyUncommittedBytes, to: origin, in: group)
        }
        guard objection(to: proposal.payload, in: group) == nil else {
            return refuse(proposal, .learnerNotReady, to: origin, in: group)
        }
        guard let payload = restamped(proposal.payload, in: group) else { return }
        switch group.raft.propose(payload, kind: .command) {
        case .accepted: return
        case .tooManyUncommittedBytes:
            refuse(proposal, .tooManyUncommittedBytes, to: origin, in: group)
        case .notLeader, .handingOver: giveBack(proposal, to: origin, in: group)
        }
    }

    private func isNew(_ sequence: UInt64, of origin: NodeID, in group: Group) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .replayedForwardIsProposedAgain { return true }
        #endif
        guard let place = group.forwards.firstIndex(where: { $0.origin == origin }) else {
            group.forwards.append(Group.ForwardMark(origin: origin, sequence: sequence))
            return true
        }
        guard sequence > group.forwards[place].sequence else { return false }
        group.forwards[place].sequence = sequence
        return true
    }

    private func refuse(
        _ proposal: ForwardedProposal,
        _ reason: ProposalRefusal,
        to origin: NodeID,
        in group: Group
    ) {
        send(
            .proposalRefused(group.id, sequence: proposal.sequence, reason: reason),
            to: origin
        )
    }

    private func giveBack(
        _ proposal: ForwardedProposal,
        to origin: NodeID,
        in group: Group
    ) {
        send(
            .proposalReturned(
                group.id,
                sequence: proposal.sequence,
                payload: proposal.payload
            ),
            to: origin
        )
    }

    /// A command of ours came too late for the leader that it was sent to; it is certainly not in
    /// the log.
    ///
    /// It is proposed under a new number, behind what was sent since: to another leader that would
    /// seem to be newer.
    func acceptReturn(of sequence: UInt64, _ payload: ByteSlice, in group: Group) {
        guard let waiter = group.proposals.close(sequence) else { return }
        guard !group.isBoundToTerm else { return refuseProposal(waiter, .notLeader) }
        let deadline = tick + settings.requestTimeoutTicks
        let sequence = group.proposals.open(waiter, deadline: deadline)
        guard let payload = restamped(payload, sequence: sequence, in: group) else {
            return refuse(group, sequence, .malformedCommand)
        }
        group.heldBackUntil = tick.next
        holdBack(payload, sequence, in: group)
        #if MARTLET_MUTANTS
        guard settings.mutant == .returnedCommandIsProposedTwice else { return }
        let second = group.proposals.open(.none, deadline: deadline)
        if let copy = restamped(payload, sequence: second, in: group) {
            holdBack(copy, second, in: group)
        }
        #endif
    }

    /// The leader refused a command of ours; it is certainly not in the log.
    func acceptRefusal(of sequence: UInt64, _ reason: ProposalRefusal, in group: Group) {
        switch reason {
        case .notLeader: refuse(group, sequence, .noLeader)
        case .tooManyUncommittedBytes: refuse(group, sequence, .tooManyRequests)
        case .storageFull: refuse(group, sequence, .storageFull)
        case .learnerNotReady: refuse(group, sequence, .learnerNotReady)
        }
    }
}
