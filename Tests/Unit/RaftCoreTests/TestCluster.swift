import Bytes
import Model
import RaftCore

/// A group on a network and disks that do only what they are told, watched by an observer who sees
/// everything at once.
struct TestCluster {
    struct Node {
        var raft: Raft
        var disk: TestDisk

        /// The state machine: which entries it has applied, as its snapshots would hold them.
        var appliedCount: UInt64 = 0
    }

    let replicas: [ReplicaID]
    let configuration: GroupConfiguration
    let settings: RaftSettings
    private(set) var nodes: [ReplicaID: Node] = [:]
    var network: [Message] = []
    private(set) var observer: Observer
    private var restarts: UInt64 = 0
    private var reads: [ReadRequest: LogIndex] = [:]
    private(set) var answeredReads: [ReadRequest] = []

    /// `spares` belong to nothing until a change of the group's members brings them in.
    init(
        voters: Int,
        learners: Int = 0,
        spares: Int = 0,
        settings: RaftSettings = RaftSettings(),
        seed: UInt64 = 1
    ) {
        replicas = (1...UInt64(voters + learners + spares)).map { ReplicaID($0) }
        configuration = GroupConfiguration(
            voters: Array(replicas.prefix(voters)),
            learners: Array(replicas.dropFirst(voters).prefix(learners))
        )
        self.settings = settings
        observer = Observer(configuration)
        restarts = seed &* 1_000
        for (place, replica) in replicas.enumerated() {
            let isSpare = place >= voters + learners
            let content = RestoredReplica(bootstrap: isSpare ? .unknown : configuration)
            nodes[replica] = Node(raft: boot(replica, content), disk: TestDisk(content))
        }
    }

    private mutating func boot(_ replica: ReplicaID, _ content: RestoredReplica) -> Raft {
        restarts += 1
        return Raft(replica: replica, restored: content, settings: settings, seed: restarts)
    }

    subscript(replica: ReplicaID) -> Node {
        guard let node = nodes[replica] else { preconditionFailure("no replica \(replica)") }
        return node
    }

    var leader: ReplicaID? {
        replicas.filter { self[$0].raft.role == .leader }.max {
            self[$0].raft.term < self[$1].raft.term
        }
    }
}

// What may happen.
extension TestCluster {
    mutating func compareLogs() { observer.compare(replicas.map { self[$0].raft }) }

    mutating func change(_ replica: ReplicaID, _ step: (inout Raft) -> Void) {
        guard var node = nodes.removeValue(forKey: replica) else { return }
        step(&node.raft)
        nodes[replica] = node
        observer.look(at: node.raft)
    }

    mutating func tick(_ replica: ReplicaID) { change(replica) { $0.tick() } }

    /// A message arrives.
    ///
    /// A snapshot arrives whole: its Host restores it at once.
    mutating func deliver(_ message: Message) {
        change(message.target) { $0.step(message) }
        guard case .installSnapshot(let mark) = message.body,
            mark.index > self[message.target].raft.commitIndex
        else { return }
        nodes[message.target]?.disk.received(mark)
        nodes[message.target]?.appliedCount = mark.index.number
        observer.expect(mark)
        change(message.target) {
            $0.snapshotReceived(mark, from: message.source, term: message.term)
        }
    }

    mutating func propose(_ payload: ByteSlice, to replica: ReplicaID) {
        change(replica) { _ = $0.propose(payload, kind: .command) }
    }

    mutating func changeMembers(
        _ voters: [ReplicaID],
        learners: [ReplicaID],
        at replica: ReplicaID
    )
        -> ChangeOutcome
    {
        var outcome = ChangeOutcome.unchanged
        change(replica) { outcome = $0.changeMembers(voters: voters, learners: learners) }
        return outcome
    }

    mutating func read(_ request: ReadRequest, at replica: ReplicaID) {
        var outcome = ReadOutcome.notLeader(nil)
        change(replica) { outcome = $0.read(request) }
        if outcome == .accepted { reads[request] = observer.lastCommitted }
    }

    /// Takes what is to be done: sends, begins to write, applies, answers reads.
    mutating func turn(_ replica: ReplicaID) -> Ready {
        var ready = Ready()
        change(replica) { ready = $0.takeReady() }
        send(ready.messages)
        if let persist = ready.persist { nodes[replica]?.disk.begin(persist) }
        apply(ready.committed, on: replica)
        for round in ready.readable {
            for request in round.requests {
                observer.readServed(at: round.index, asked: reads[request] ?? .zero)
                answeredReads.append(request)
            }
        }
        return ready
    }

    private mutating func apply(_ entries: [Entry], on replica: ReplicaID) {
        guard let last = entries.last else { return }
        for entry in entries {
            let applied = self[replica].appliedCount
            observer.applied(entry, after: applied)
            nodes[replica]?.appliedCount = entry.index.number
            let holders = replicas.filter { self[$0].disk.holds(entry) }
            observer.committed(entry, heldBy: holders)
        }
        change(replica) { $0.applied(upTo: last.index) }
    }

    /// The oldest write of a replica is synced; what waited for it goes out.
    mutating func syncOne(_ replica: ReplicaID) {
        guard let persist = nodes[replica]?.disk.syncOne() else { return }
        send(persist.messages)
        change(replica) { $0.persisted(persist.receipt) }
        if !self[replica].raft.isDamaged { nodes[replica]?.disk.isRepaired() }
    }

    private mutating func send(_ messages: [Message]) {
        for message in messages { observer.sent(message) }
        network += messages
    }

    mutating func restart(_ replica: ReplicaID, keepingWrites count: Int = 0) {
        guard var content = nodes[replica]?.disk.crash(keeping: count) else { return }
        // Each start is a repair of its own.
        if content.repair != nil { content.repair = RepairID(restarts + 1) }
        let raft = boot(replica, content)
        nodes[replica]?.raft = raft
        nodes[replica]?.appliedCount = content.snapshot.index.number
    }

    /// The replica restarts, and finds that its disk has lost all but the first entries behind its
    /// snapshot, and perhaps what it knew of terms and votes.
    mutating func damage(_ replica: ReplicaID, leaving count: Int, losesVote: Bool) {
        nodes[replica]?.disk.lose(allBut: count, losesVote: losesVote, RepairID(restarts))
        observer.forget(votesOf: replica)
        restart(replica)
    }

    /// The replica restarts with this on its disk.
    mutating func preset(_ replica: ReplicaID, _ content: RestoredReplica) {
        let raft = boot(replica, content)
        nodes[replica] = Node(raft: raft, disk: TestDisk(content))
    }

    mutating func takeSnapshot(_ replica: ReplicaID) {
        let raft = self[replica].raft
        guard raft.appliedIndex > raft.snapshot.index, raft.appliedIndex <= raft.durableIndex,
            let term = raft.term(at: raft.appliedIndex)
        else { return }
        let mark = SnapshotMark(
            index: raft.appliedIndex,
            term: term,
            configuration: raft.configuration(at: raft.appliedIndex)
        )
        nodes[replica]?.disk.taken(mark)
        change(replica) { $0.snapshotTaken(mark) }
    }

    mutating func snapshotSent(from leader: ReplicaID, to follower: ReplicaID, delivered: Bool) {
        change(leader) { $0.snapshotSent(to: follower, delivered: delivered) }
    }
}
