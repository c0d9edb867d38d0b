internal import Bytes
public import Controller
internal import EtcdWire
public import Keyspace
internal import KeyspaceModel
internal import Model

/// What a group's log drives.
enum GroupMachine {
    case control(ControlMachine)
    case keyspace(KeyspaceMachine)
    case partition(PartitionMachine)
    case coordinator(CoordinatorMachine)

    init(_ source: SnapshotSource) {
        switch source {
        case .control(let image): self = .control(ControlMachine(Controller(image: image)))
        case .keyspace(let keyspace): self = .keyspace(KeyspaceMachine(keyspace))
        case .partition(let partition): self = .partition(PartitionMachine(partition))
        case .coordinator(let state): self = .coordinator(CoordinatorMachine(state))
        }
    }

    /// The state as a value; copying it costs nothing.
    var source: SnapshotSource {
        switch self {
        case .control(let machine): .control(machine.controller.image)
        case .keyspace(let machine): .keyspace(machine.keyspace)
        case .partition(let machine): .partition(machine.partition)
        case .coordinator(let machine): .coordinator(machine.state)
        }
    }

    /// Whether it took the value; false if it is another kind's.
    func replace(with source: SnapshotSource) -> Bool {
        switch (self, source) {
        case (.control(let machine), .control(let image)):
            machine.replace(Controller(image: image))
        case (.keyspace(let machine), .keyspace(let keyspace)): machine.replace(keyspace)
        case (.partition(let machine), .partition(let partition)): machine.replace(partition)
        case (.coordinator(let machine), .coordinator(let state)): machine.replace(state)
        case (.control, _), (.keyspace, _), (.partition, _), (.coordinator, _): return false
        }
        return true
    }
}

/// The control group's state on this node.
public final class ControlMachine {
    public private(set) var controller: Controller

    init(_ controller: Controller) { self.controller = controller }

    /// Counts what changes who belongs to the cluster, so that it is cheap to see that nothing did.
    private(set) var membersVersion: UInt64 = 1

    /// Counts every change.
    private(set) var version: UInt64 = 1

    /// Applies a committed record; nil if it does not decode, on every node alike.
    func apply(_ header: CommandHeader, _ body: ByteSlice) -> MetadataDelta? {
        guard let record = try? ControlRecordCodec.decode(header.kind, body) else { return nil }
        let delta = controller.apply(record)
        if delta == .members { membersVersion += 1 }
        version += 1
        return delta
    }

    func replace(_ controller: Controller) {
        self.controller = controller
        membersVersion += 1
        version += 1
    }
}

/// A keyspace's state on this node, with the watchers that follow it here.
public final class KeyspaceMachine {
    public private(set) var keyspace: Keyspace
    public var watches = WatchHub()

    /// What was applied and read here; fronts count what they read.
    public var counters = KeyspaceCounters()

    /// Whether something was applied since the watchers were last told.
    var hasNews = false

    init(_ keyspace: Keyspace) { self.keyspace = keyspace }

    /// Applies a committed command; nil if it does not decode, on every node alike.
    func apply(
        _ header: CommandHeader,
        _ body: ByteSlice
    ) -> Result<KeyspaceResponse, KeyspaceError>? {
        guard let command = try? Self.command(header.kind, body) else { return nil }
        hasNews = true
        let leaseCount = header.kind == .expireLeases ? keyspace.leaseCount : 0
        let result = keyspace.apply(command, at: header.time)
        if case .success(let response) = result { counters.count(command, response) }
        if header.kind == .expireLeases {
            counters.leasesExpired += UInt64(leaseCount - keyspace.leaseCount)
        }
        return result
    }

    func collectWatches(into deliveries: inout [WatchDelivery]) {
        watches.collect(from: keyspace, into: &deliveries)
    }

    /// A compaction's leftovers go bit by bit; nothing but memory shows how far it is.
    func sweep() {
        if keyspace.isCompacting { keyspace.sweep(limit: Limits.changesSweptPerTick) }
    }

    func replace(_ keyspace: Keyspace) {
        #if MARTLET_MUTANTS
        let mutant = self.keyspace.mutant
        defer { self.keyspace.mutant = mutant }
        #endif
        self.keyspace = keyspace
        watches.reset(to: keyspace)
        hasNews = true
    }

    static func command(
        _ kind: CommandKind,
        _ body: ByteSlice
    ) throws(DecodeError) -> KeyspaceCommand {
        switch kind {
        case .put: .put(try PutRequest(decoding: body))
        case .deleteRange: .deleteRange(try DeleteRangeRequest(decoding: body))
        case .txn: .txn(try TxnRequest(decoding: body))
        case .compact: .compact(try CompactionRequest(decoding: body))
        case .leaseGrant: .leaseGrant(try LeaseGrantRequest(decoding: body))
        case .leaseRevoke: .leaseRevoke(try LeaseRevokeRequest(decoding: body))
        case .leaseKeepAlive: .leaseKeepAlive(try LeaseKeepAliveRequest(decoding: body))
        case .expireLeases: .expireLeases(try LeaseListCodec.decode(body))
        case .advanceTime: .advanceTime
        case .alarm: .alarm(try AlarmRequest(decoding: body))
        case .registerNode, .createKeyspace, .dropKeyspace, .foundMembers, .addMember,
            .promoteMember, .removeMember, .updateMember, .createTopic, .dropTopic,
            .addPartitions, .configureTopic, .foundCoordinators, .append, .changePartition,
            .coordinate:
            throw .malformed("another group's command in a keyspace's")
        }
    }
}

/// The leases that a leader proposes to revoke.
enum LeaseListCodec {
    static func encode(_ leases: [LeaseID]) -> ByteSlice {
        var writer = ByteWriter(capacity: leases.count * 8)
        for lease in leases { writer.integer(lease.number) }
        return writer.slice
    }

    static func decode(_ body: ByteSlice) throws(DecodeError) -> [LeaseID] {
        var reader = ByteReader(body)
        var leases: [LeaseID] = []
        while !reader.isAtEnd { leases.append(LeaseID(try reader.integer())) }
        return leases
    }
}
