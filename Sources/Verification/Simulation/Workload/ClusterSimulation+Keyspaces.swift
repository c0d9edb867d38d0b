internal import Bytes
internal import Checkers
internal import Controller
internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model
internal import RaftCore

/// What is known of the keyspaces that come and go during a run.
struct PassingKeyspaces {
    /// In the place of a client's number.
    static let clientNumber: UInt32 = 3_000_001

    /// Few, so that a name is used again.
    static let names = ["a", "b", "c"]

    enum Request {
        case create(String)
        case drop(String)
        case put(GroupID, ByteSlice)

        /// A read must find what was acknowledged before it was asked.
        case read(GroupID, acknowledged: Int)
    }

    var random: SeededGenerator
    var lastRequest: UInt64 = 0

    /// What is under way, and at which node; looked up only.
    var open: [UInt64: (node: Int, request: Request)] = [:]

    /// By the groups' numbers, which rise.
    private(set) var groups: [PassingGroup] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed, subsystem: "keyspaces") }

    func place(_ group: GroupID) -> Int? { groups.firstIndex { $0.id == group } }

    func hasEnded(_ group: GroupID) -> Bool { groups.first { $0.id == group }?.hasEnded ?? false }

    /// Somebody's image has the keyspace.
    mutating func note(_ keyspace: KeyspaceRecord) throws(Violation) {
        guard let place = place(keyspace.group) else {
            groups.append(PassingGroup(id: keyspace.group, name: keyspace.name))
            return
        }
        guard groups[place].name == keyspace.name else {
            throw Violation(
                .keyspaceIsolation,
                "group \(keyspace.group) was given to \(groups[place].name), then to \(keyspace.name)"
            )
        }
    }

    /// A creation was answered: no other may be answered with the same group.
    mutating func created(_ keyspace: KeyspaceRecord, by request: UInt64) throws(Violation) {
        try note(keyspace)
        guard let place = place(keyspace.group) else { return }
        guard groups[place].creation == nil else {
            throw Violation(.keyspaceIsolation, "group \(keyspace.group) was given twice")
        }
        groups[place].creation = request
    }

    mutating func end(_ group: GroupID) {
        guard let place = place(group) else { return }
        groups[place].hasEnded = true
    }

    mutating func acknowledge(_ key: ByteSlice, in group: GroupID) {
        guard let place = place(group) else { return }
        groups[place].acknowledged.append(key)
    }
}

/// One keyspace, from its creation to its end.
struct PassingGroup {
    let id: GroupID
    let name: String

    /// The request that was told of it.
    var creation: UInt64?

    /// Each key is put once, and begins with the group's number.
    var acknowledged: [ByteSlice] = []

    /// Whether somebody has applied that it was dropped: what is still said of it means nothing.
    var hasEnded = false

    var prefix: ByteSlice { ByteSlice("\(id)/") }
}

// Keyspaces are created, written to, read and dropped while faults strike.
extension ClusterSimulation {
    func workWithKeyspaces() {
        guard phase == .faulty else { return }
        let pause = passing.random.heavyTailed(options.keyspacePause)
        queue.schedule(.workWithKeyspaces, at: now + pause)
        let place = passing.random.below(nodes.count)
        guard let running = nodes[place].running, nodes[place].pausedUntil <= now,
            let image = running.shard.metadata
        else { return }
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        let name = passing.random.pick(PassingKeyspaces.names)
        if !image.isFounded {
            running.shard.propose(.membersFounded(founders))
        } else if let keyspace = image.keyspace(named: name) {
            use(keyspace, place, running.shard)
        } else {
            let waiter = open(.create(name), place)
            running.shard.propose(.keyspaceCreated(name), for: waiter)
            mark(.keyspaceCreationAsked)
        }
        requestTurn(place)
    }

    private func use(_ keyspace: KeyspaceRecord, _ place: Int, _ shard: Shard) {
        let group = keyspace.group
        switch passing.random.below(10) {
        case 0:
            let waiter = open(.drop(keyspace.name), place)
            shard.propose(.keyspaceDropped(keyspace.name), for: waiter)
            mark(.keyspaceDropAsked)
        case 1...6:
            let key = ByteSlice("\(group)/\(passing.lastRequest + 1)")
            let waiter = open(.put(group, key), place)
            let body = PutRequest(key: key, value: "value").encoded
            shard.propose(.put, body: body, to: group, for: waiter)
        default:
            let known = passing.place(group).map { passing.groups[$0].acknowledged.count } ?? 0
            shard.read(group, for: open(.read(group, acknowledged: known), place))
        }
    }

    private func open(_ request: PassingKeyspaces.Request, _ place: Int) -> Waiter {
        passing.lastRequest += 1
        passing.open[passing.lastRequest] = (place, request)
        trace.tell(now, "node \(nodes[place].id) is asked: \(request)")
        return Waiter(client: PassingKeyspaces.clientNumber, request: passing.lastRequest)
    }

    /// Whether the completion is of work with passing keyspaces.
    func takePassing(_ completion: Completion, from node: Int) throws(Violation) -> Bool {
        guard completion.waiter.client == PassingKeyspaces.clientNumber else { return false }
        let number = completion.waiter.request
        guard let asked = passing.open[number], asked.node == node else { return true }
        passing.open[number] = nil
        switch (asked.request, completion.result) {
        case (.create, .metadataChanged(.keyspace(let keyspace))):
            try passing.created(keyspace, by: number)
            mark(.keyspaceCreated)
        case (.drop, .metadataChanged(.keyspaceDropped(let keyspace))):
            passing.end(keyspace.group)
            mark(.keyspaceDropped)
        case (.put(let group, let key), .applied(.success)):
            passing.acknowledge(key, in: group)
            mark(.passingKeyspaceWritten)
        case (.read(let group, let count), .readable):
            guard let keyspace = nodes[node].running?.shard.keyspace(group)?.keyspace else { break }
            try checkKeys(of: group, upTo: count, in: keyspace, at: nodes[node].id)
            mark(.passingKeyspaceRead)
        case (_, .applied), (_, .readable), (_, .metadataChanged), (_, .leadershipTransferred),
            (_, .refused), (_, .streams):
            break
        }
        return true
    }

    /// It has the first of the keys that were acknowledged, and none of another keyspace.
    private func checkKeys(
        of group: GroupID,
        upTo count: Int,
        in keyspace: Keyspace,
        at node: NodeID
    ) throws(Violation) {
        guard let place = passing.place(group), !passing.groups[place].hasEnded else { return }
        let prefix = passing.groups[place].prefix
        let found: [ByteSlice]
        do throws(KeyspaceError) {
            found = try keyspace.range(RangeRequest(key: "\0", rangeEnd: "\0")).kvs.map(\.key)
        } catch {
            throw Violation(.keyspaceIsolation, "group \(group) cannot be read: \(error)")
        }
        for key in found where key.count < prefix.count || key[0..<prefix.count] != prefix {
            throw Violation(
                .keyspaceIsolation,
                "node \(node)'s group \(group) has the key \(key.text) of another keyspace"
            )
        }
        let held = Set(found)
        for key in passing.groups[place].acknowledged.prefix(count) where !held.contains(key) {
            throw Violation(
                .keyspaceIsolation,
                "\(key.text) was acknowledged in group \(group), and node \(node) has it not"
            )
        }
    }
}

// What the observer and the second phase look at.
extension ClusterSimulation {
    /// Whether the observer follows the group.
    ///
    /// What rot may have taken of a group that the node need not know yet, it could not say.
    func isObserved(_ group: GroupID) -> Bool {
        group <= .lastReserved || !hasLostData && !passing.hasEnded(group)
    }

    /// Those that the observer follows.
    var observedPassing: [GroupID] {
        hasLostData ? [] : passing.groups.lazy.filter { !$0.hasEnded }.map(\.id)
    }

    /// All that are not dropped, as a node holds them that has nothing of them.
    var passingSeeds: [GroupSeed] {
        let voters = nodes.prefix(options.founders).map { ReplicaID($0.id.number) }
        return passing.groups.filter { !$0.hasEnded }.map {
            GroupSeed(
                id: $0.id,
                source: .keyspace(Keyspace()),
                configuration: GroupConfiguration(voters: voters)
            )
        }
    }

    /// Whether a disk has lost something of their groups, or may have lost all of some.
    func mayLackPassing(_ running: RunningNode) -> Bool {
        options.keyspacePause > 0
            && (running.isJournalDamaged || running.held.contains(where: \.isDamaged))
    }

    func observePassing(_ place: Int, _ running: RunningNode) throws(Violation) {
        guard options.keyspacePause > 0, let image = running.shard.metadata else { return }
        for group in running.effects.droppedGroups { passing.end(group) }
        for keyspace in image.keyspaces where keyspace.group > .lastReserved {
            try passing.note(keyspace)
            try checkFounders(of: keyspace, on: running.shard)
        }
    }

    /// Before anything is in its log, those vote in a group who voted in the cluster when it was made.
    private func checkFounders(of keyspace: KeyspaceRecord, on shard: Shard) throws(Violation) {
        guard let status = shard.status(keyspace.group), status.lastIndex == .zero,
            let members = shard.members(keyspace.group)
        else { return }
        guard members.voters == nodes.prefix(options.founders).map(\.id) else {
            throw Violation(
                .keyspaceAgreement,
                "group \(keyspace.group) begins with the voters \(members.voters)"
            )
        }
    }

    /// What differs of the passing keyspaces; nil once every node agrees with the control group.
    func passingDifference() throws(Violation) -> Violation? {
        guard options.keyspacePause > 0 else { return nil }
        let whole = nodes.filter { !$0.isLeftBroken && isMember($0) }
        guard let image = whole.first?.running?.shard.metadata else { return nil }
        let wanted = image.keyspaces.map(\.group).filter { $0 > .lastReserved }.sorted()
        for node in whole {
            let opened = node.running?.shard.groupIDs.filter { $0 > .lastReserved }.sorted()
            guard opened == wanted else {
                return Violation(
                    .keyspaceAgreement,
                    "node \(node.id) has \(opened ?? []) of the keyspaces' groups \(wanted)"
                )
            }
            if let path = leftover(on: node, besides: wanted) {
                return Violation(.keyspaceIsolation, "node \(node.id) still has \(path)")
            }
        }
        for group in wanted {
            if let difference = replicaDifference(group) { return difference }
            if let difference = try difference(of: group, among: whole, image) {
                return difference
            }
        }
        return nil
    }

    /// A snapshot of a group that is no more.
    private func leftover(on node: SimulatedNode, besides wanted: [GroupID]) -> String? {
        node.disk.files.map(\.path).first { path in
            let parts = path.split(separator: "/")
            guard parts.count > 2, parts[0] == "groups", let number = UInt64(parts[1]) else {
                return false
            }
            return GroupID(number) > .lastReserved && !wanted.contains(GroupID(number))
        }
    }

    private func difference(
        of group: GroupID,
        among whole: [SimulatedNode],
        _ image: MetadataImage
    ) throws(Violation) -> Violation? {
        var hash: UInt32?
        for node in whole {
            guard let shard = node.running?.shard, let machine = shard.keyspace(group) else {
                return Violation(.availability, "node \(node.id) is not up")
            }
            guard shard.members(group)?.voters == image.votingMembers else {
                return Violation(
                    .keyspaceAgreement,
                    "group \(group) does not have the members \(image.votingMembers)"
                )
            }
            let keyspace = machine.keyspace
            guard keyspace.contentHash == hash ?? keyspace.contentHash else {
                return Violation(.convergence, "group \(group) differs between nodes")
            }
            hash = keyspace.contentHash
            try checkKeys(of: group, upTo: .max, in: keyspace, at: node.id)
        }
        return nil
    }
}
