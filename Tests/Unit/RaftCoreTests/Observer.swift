import Model
import RaftCore

/// Sees all replicas at once, and notes where Raft's promises (Raft figure 3) are broken.
struct Observer {
    private(set) var violations: [String] = []

    /// What was committed, first to last; nobody may ever disagree.
    private(set) var history: [Entry] = []

    /// What the committed entries say of who votes.
    private(set) var configuration: GroupConfiguration

    private var leaders: [Term: ReplicaID] = [:]
    private var commitsAtElection: [Term: LogIndex] = [:]
    private var votes: [Ballot: ReplicaID] = [:]

    private struct Ballot: Hashable {
        var voter: ReplicaID
        var term: Term
    }

    init(_ configuration: GroupConfiguration) { self.configuration = configuration }

    var lastCommitted: LogIndex { history.last?.index ?? .zero }

    private mutating func note(_ violation: String) {
        if violations.count < 10 { violations.append(violation) }
    }

    /// Election safety and leader completeness; and that what is in force is what log and snapshot say.
    mutating func look(at raft: Raft) {
        if raft.configuration != raft.configuration(at: raft.lastIndex) {
            note("\(raft.replica) uses \(raft.configuration), which its log does not say")
        }
        if raft.configuration(at: raft.snapshot.index) != raft.snapshot.configuration {
            note("\(raft.replica) has forgotten its snapshot's configuration")
        }
        guard raft.role == .leader else { return }
        lookAtCommit(of: raft)
        guard leaders[raft.term] != raft.replica else { return }
        if let other = leaders[raft.term] {
            note("\(raft.replica) and \(other) both lead term \(raft.term)")
        }
        leaders[raft.term] = raft.replica
        for entry in history where entry.index >= raft.firstIndex && entry.term < raft.term {
            if raft.term(at: entry.index) != entry.term {
                note("leader of term \(raft.term) lacks committed entry \(entry.index)")
            }
        }
    }

    /// A leader commits by counting only entries of its own term (Raft §5.4.2).
    private mutating func lookAtCommit(of raft: Raft) {
        guard leaders[raft.term] == raft.replica else {
            commitsAtElection[raft.term] = raft.commitIndex
            return
        }
        guard raft.commitIndex > commitsAtElection[raft.term] ?? .zero,
            raft.term(at: raft.commitIndex) != raft.term
        else { return }
        note("leader of term \(raft.term) has committed \(raft.commitIndex), an older entry")
    }

    /// A voter votes for one candidate a term.
    mutating func sent(_ message: Message) {
        guard case .voteReply(let reply) = message.body, reply.isGranted, !reply.isPreVote else {
            return
        }
        let ballot = Ballot(voter: message.source, term: message.term)
        if let other = votes[ballot], other != message.target {
            note("\(message.source) voted for \(other) and \(message.target)")
        }
        votes[ballot] = message.target
    }

    /// A voter's disk has lost its votes: it may give them anew.
    ///
    /// To somebody who can still win, or to somebody who cannot: that no two win is seen elsewhere.
    mutating func forget(votesOf voter: ReplicaID) {
        votes = votes.filter { $0.key.voter != voter }
    }

    /// State machine safety: all apply the same, in order.
    mutating func applied(_ entry: Entry, after count: UInt64) {
        if entry.index.number != count + 1 { note("\(entry.index) applied after \(count)") }
        guard entry.index <= lastCommitted else { return }
        if history[Int(entry.index.number) - 1] != entry {
            note("applied \(entry.index) of term \(entry.term), not what was committed there")
        }
    }

    /// Durability: what is committed for the first time is on the disks of a majority, of two in a
    /// joint change.
    mutating func committed(_ entry: Entry, heldBy holders: [ReplicaID]) {
        guard entry.index > lastCommitted else { return }
        if entry.kind == .configuration { adopt(entry) }
        var isEnough = isQuorum(of: configuration, holders)
        // What lies between the two entries of a change may be committed after the second.
        if !isEnough, configuration.isJoint, entry.kind != .configuration {
            var next = configuration
            next.outgoingVoters = []
            isEnough = isQuorum(of: next, holders)
        }
        if !isEnough { note("committed \(entry.index) is not on a majority's disks") }
        if entry.index != lastCommitted.next { note("nobody committed before \(entry.index)") }
        history.append(entry)
    }

    private func isQuorum(of configuration: GroupConfiguration, _ holders: [ReplicaID]) -> Bool {
        JointQuorum(configuration).outcome { holders.contains($0) } == .won
    }

    /// One step of a change, and no other: from old to joint, from joint to new, or learners alone.
    private mutating func adopt(_ entry: Entry) {
        guard let next = try? GroupConfiguration(decoding: entry.payload) else {
            return note("the configuration at \(entry.index) does not decode")
        }
        let isStep =
            next.isJoint
            ? !configuration.isJoint && next.outgoingVoters == configuration.voters
            : next.voters == configuration.voters
        if !isStep { note("\(configuration) was followed by \(next)") }
        configuration = next
    }

    /// A snapshot holds what was committed.
    mutating func expect(_ mark: SnapshotMark) {
        guard mark.index <= lastCommitted, mark.index > .zero else {
            return note("a snapshot of \(mark.index) was never committed")
        }
        if history[Int(mark.index.number) - 1].term != mark.term {
            note("a snapshot of \(mark.index) has term \(mark.term)")
        }
    }

    /// Linearizability: a read sees all that was committed when it was asked for.
    mutating func readServed(at index: LogIndex, asked: LogIndex) {
        if index < asked { note("read at \(index), though \(asked) was committed before") }
    }

    /// Log matching: where two logs agree, they agree in everything before.
    mutating func compare(_ rafts: [Raft]) {
        for (position, left) in rafts.enumerated() {
            for right in rafts[(position + 1)...] { compare(left, right) }
        }
    }

    private mutating func compare(_ left: Raft, _ right: Raft) {
        let first = max(left.firstIndex.previous, right.firstIndex.previous)
        var index = min(left.lastIndex, right.lastIndex)
        var haveAgreed = false
        while index >= first && index > .zero {
            let isSame = left.term(at: index) == right.term(at: index)
            if haveAgreed && !isSame {
                return note("logs of \(left.replica), \(right.replica) agree above \(index) only")
            }
            haveAgreed = haveAgreed || isSame
            index = index.previous
        }
    }
}
