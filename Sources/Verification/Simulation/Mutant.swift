#if MARTLET_MUTANTS
public import Groups
public import Journal
public import Keyspace
public import RaftCore

/// A bug planted in one of the modules; each must be found, or the simulation proves little.
public enum Mutant: Sendable {
    case raft(RaftMutant)
    case journal(JournalMutant)
    case groups(GroupsMutant)
    case keyspace(KeyspaceMutant)
    case watch(WatchMutant)

    /// Those of membership are planted in runs that change members, those of disks in runs that
    /// exchange them (`options(seed:)`).
    public static var all: [Mutant] {
        RaftMutant.allCases.map(Mutant.raft) + JournalMutant.allCases.map(Mutant.journal)
            + GroupsMutant.allCases.map(Mutant.groups)
            + KeyspaceMutant.allCases.map(Mutant.keyspace)
            + WatchMutant.allCases.map(Mutant.watch)
    }

    /// As people read it, the module first.
    public var name: String {
        switch self {
        case .raft(let mutant): "Raft: \(mutant)"
        case .journal(let mutant): "Journal: \(mutant)"
        case .groups(let mutant): "Groups: \(mutant)"
        case .keyspace(let mutant): "Keyspace: \(mutant)"
        case .watch(let mutant): "Watch: \(mutant)"
        }
    }

    var raft: RaftMutant? { if case .raft(let mutant) = self { mutant } else { nil } }
    var journal: JournalMutant? { if case .journal(let mutant) = self { mutant } else { nil } }
    var groups: GroupsMutant? { if case .groups(let mutant) = self { mutant } else { nil } }
    var keyspace: KeyspaceMutant? { if case .keyspace(let mutant) = self { mutant } else { nil } }
    var watch: WatchMutant? { if case .watch(let mutant) = self { mutant } else { nil } }
}

extension Mutant {
    /// A run in which it can show: what breaks a change of members takes changes of members.
    public func options(seed: UInt64) -> SimulationOptions {
        if isOfMembership { return SimulationOptions(membershipSeed: seed).infected(by: self) }
        if isOfExchangedDisks { return SimulationOptions(exchangeSeed: seed).infected(by: self) }
        return SimulationOptions(seed: seed).infected(by: self)
    }

    private var isOfExchangedDisks: Bool {
        switch self {
        case .groups(.diskNotRecognised), .groups(.olderCopyNotRecognised),
            .groups(.speaksBeforeItIsKnown):
            true
        case .raft, .groups, .journal, .keyspace, .watch: false
        }
    }

    private var isOfMembership: Bool {
        switch self {
        case .raft(.jointQuorumWrong), .raft(.learnerVotes), .raft(.removedNodeVotes),
            .raft(.configurationAppliedAtCommit), .raft(.snapshotLosesConfiguration),
            .raft(.leavesJointBeforeCommit), .raft(.truncationKeepsConfiguration),
            .raft(.restartForgetsConfiguration), .raft(.jointChangeSkipped),
            .groups(.staleMembersAreWanted), .groups(.snapshotHasLatestConfiguration):
            true
        case .raft, .groups, .journal, .keyspace, .watch: false
        }
    }
}

extension SimulationOptions {
    /// The same run with a bug in every node.
    public func infected(by mutant: Mutant) -> SimulationOptions {
        var options = self
        options.mutant = mutant
        options.shard.mutant = mutant.groups
        options.shard.raft.mutant = mutant.raft
        return options
    }
}
#endif
