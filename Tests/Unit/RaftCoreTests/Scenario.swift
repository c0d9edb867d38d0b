import Bytes
import Model
import RaftCore

/// A conversation with a group, as text: commands in, what happens out.
///
/// A file is paragraphs, each with commands, a line `---`, and what happened then. Commands:
///
///     cluster voters=3 learners=0 spares=0 window=256 catch-up=5000 quiet=20
///                                      a new group, nobody leads
///     log 2 1,1,3                      replica 2 restarts with entries of these terms on its disk
///     elect 1                          replica 1 campaigns, and all is delivered, silently
///     win 1 2 3                        replica 1 is elected by 2 and 3, and has said nothing yet
///     tick 1 10 · campaign 1           time passes; until it campaigns
///     propose 1 a b · read 1 7 · snapshot 1 · restart 1 · isolate 1 · heal
///     turn 1 · sync 1                  takes what is to be done; the oldest write is synced
///     deliver · deliver 1 2 · drop 1 2 all messages under way, or those of 1 to 2
///     change 1 1,2,4 5                 replica 1 is to make 1, 2, 4 voters, and 5 a learner
///     transfer 1 2                     replica 1 is to hand leadership over to 2
///     quiesce 1 · lost 1 2             replica 1 rests, if it can; it hears that 2's node is gone
///     durable 1                        says up to where its log is on disk
///     settle                           turns, syncs and deliveries until nothing moves
struct Scenario {
    private(set) var output: [String] = []
    private var cluster = TestCluster(voters: 3)
    private var isolated: [ReplicaID] = []
    private var states: [ReplicaID: String] = [:]
    private var isSilent = false

    /// Runs one paragraph's commands; returns what happened.
    mutating func run(_ commands: [String]) -> [String] {
        output = []
        for command in commands where !command.hasPrefix("#") {
            carryOut(command.split(separator: Character(" ")).map(\.description))
            noteChanges()
        }
        return output
    }

    private mutating func carryOut(_ words: [String]) {
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        let first = ReplicaID(numbers.first ?? 1)
        let second = ReplicaID(numbers.dropFirst().first ?? 1)
        switch words.first ?? "" {
        case "cluster": begin(words)
        case "log": preset(first, terms: words[2].terms)
        case "elect": elect(first)
        case "win": win(first, with: numbers.map { ReplicaID($0) })
        case "tick": for _ in 0..<max(1, second.number) { cluster.tick(first) }
        case "campaign": campaign(first)
        case "propose":
            for payload in words[2...] { cluster.propose(ByteSlice(payload), to: first) }
        case "read": cluster.read(ReadRequest(second.number), at: first)
        case "transfer": transfer(from: first, to: second)
        case "change":
            change(at: first, words[2].replicas, words.count > 3 ? words[3].replicas : [])
        case "quiesce": quiesce(first)
        case "lost": cluster.change(first) { $0.lost(second) }
        case "snapshot": cluster.takeSnapshot(first)
        case "snapshot-failed": cluster.snapshotSent(from: first, to: second, delivered: false)
        case "restart": cluster.restart(first)
        case "isolate": isolated.append(first)
        case "heal": isolated = []
        case "turn": turn(first)
        case "sync": sync(first)
        case "deliver": deliver { numbers.count < 2 || ($0.source == first && $0.target == second) }
        case "drop": cluster.network.removeAll { $0.source == first && $0.target == second }
        case "durable": say("\(first) has up to \(cluster[first].raft.durableIndex) on disk")
        case "settle": settle()
        default: output.append("what is \(words.joined(separator: " "))?")
        }
    }
}

// What the commands do.
extension Scenario {
    private mutating func begin(_ words: [String]) {
        func number(_ name: String, _ otherwise: Int) -> Int {
            words.compactMap { $0.hasPrefix("\(name)=") ? Int($0.dropFirst(name.count + 1)) : nil }
                .first ?? otherwise
        }
        var settings = RaftSettings()
        settings.inflightAppendsMax = number("window", settings.inflightAppendsMax)
        settings.catchUpEntries = number("catch-up", settings.catchUpEntries)
        settings.quiesceTicks = number("quiet", settings.quiesceTicks)
        cluster = TestCluster(
            voters: number("voters", 3),
            learners: number("learners", 0),
            spares: number("spares", 0),
            settings: settings
        )
        states = [:]
        isolated = []
    }

    private mutating func preset(_ replica: ReplicaID, terms: [UInt64]) {
        var content = RestoredReplica(bootstrap: cluster.configuration)
        content.entries = terms.enumerated().map {
            entry(UInt64($0.offset + 1), term: $0.element)
        }
        content.hardState.term = Term(terms.max() ?? 0)
        cluster.preset(replica, content)
    }

    private mutating func elect(_ replica: ReplicaID) {
        isSilent = true
        campaign(replica)
        settle()
        isSilent = false
    }

    private mutating func win(_ replica: ReplicaID, with voters: [ReplicaID]) {
        isSilent = true
        for _ in 0..<40 where cluster[replica].raft.role != .leader {
            campaign(replica)
            for voter in voters where cluster[replica].raft.role != .leader {
                turn(voter)
                while !cluster[voter].disk.pending.isEmpty { sync(voter) }
            }
            deliver { voters.contains($0.source) && voters.contains($0.target) }
            cluster.network = []
        }
        isSilent = false
    }

    private mutating func campaign(_ replica: ReplicaID) {
        for _ in 0..<40 {
            let role = cluster[replica].raft.role
            guard role == .follower || role == .leader else { return }
            cluster.tick(replica)
        }
    }

    private mutating func transfer(from leader: ReplicaID, to successor: ReplicaID) {
        cluster.change(leader) { raft in
            let outcome = raft.transferLeadership(to: successor)
            if outcome != .begun { output.append("\(leader) says \(outcome)") }
        }
    }

    private mutating func change(
        at leader: ReplicaID,
        _ voters: [ReplicaID],
        _ learners: [ReplicaID]
    ) {
        let outcome = cluster.changeMembers(voters, learners: learners, at: leader)
        if case .begun = outcome { return }
        output.append("\(leader) says \(outcome)")
    }

    private mutating func quiesce(_ replica: ReplicaID) {
        cluster.change(replica) { raft in
            guard raft.canQuiesce(excusing: { isolated.contains($0) }) else {
                return output.append("\(replica) does not rest")
            }
            raft.quiesce()
        }
    }

    private mutating func turn(_ replica: ReplicaID) {
        guard cluster[replica].raft.hasReady else { return }
        let ready = cluster.turn(replica)
        for message in ready.messages { say(message.text) }
        if let persist = ready.persist { say("\(replica) \(persist.text)") }
        if !ready.committed.isEmpty { say("\(replica) applies \(ready.committed.text)") }
        for round in ready.readable {
            say("\(replica) reads \(round.requests.map(\.description).joined(separator: " "))")
        }
        if !ready.droppedReads.isEmpty {
            say("\(replica) drops reads \(ready.droppedReads.map(\.number))")
        }
    }

    private mutating func sync(_ replica: ReplicaID) {
        let count = cluster.network.count
        cluster.syncOne(replica)
        for message in cluster.network[count...] { say(message.text) }
    }

    private mutating func deliver(_ isMeant: (Message) -> Bool) {
        let messages = cluster.network
        cluster.network = messages.filter { !isMeant($0) }
        for message in messages.filter(isMeant)
        where !isolated.contains(message.source) && !isolated.contains(message.target) {
            cluster.deliver(message)
        }
    }

    private mutating func settle() {
        for _ in 0..<100 {
            for replica in cluster.replicas {
                turn(replica)
                while !cluster[replica].disk.pending.isEmpty { sync(replica) }
                if !isSilent { noteChanges() }
            }
            if cluster.network.isEmpty { return }
            deliver { _ in true }
        }
    }

    private mutating func say(_ line: String) { if !isSilent { output.append(line) } }

    /// Who changed its role, term or leader since the last command.
    private mutating func noteChanges() {
        for replica in cluster.replicas {
            let raft = cluster[replica].raft
            let leader = raft.leader.map { " of \($0)" } ?? ""
            let rest = raft.isQuiescent ? "resting " : ""
            let role = rest + (raft.role == .leader ? "leader" : "\(raft.role)\(leader)")
            let state = "\(role) term=\(raft.term) commit=\(raft.commitIndex)"
            if states[replica] != state { output.append("\(replica) is \(state)") }
            states[replica] = state
        }
    }
}

extension String {
    fileprivate var replicas: [ReplicaID] { terms.map { ReplicaID($0) } }

    fileprivate var terms: [UInt64] { split(separator: Character(",")).compactMap { UInt64($0) } }
}
