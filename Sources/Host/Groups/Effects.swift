public import Bytes
public import Journal
public import Keyspace
public import Model

/// What a turn of a shard wants done; the driver's to carry out, in any order among the arrays.
public struct ShardEffects {
    /// One frame a peer.
    public var frames: [OutgoingFrame] = []

    /// At most one append is ever under way; jobs run in order on the journal's thread.
    public var journalJobs: [JournalJob] = []

    /// Run in order, on a thread where they delay nobody.
    public var snapshotJobs: [SnapshotJob] = []

    public var completions: [Completion] = []

    /// Those of Kafka's front: see `Waiter.ofStreams`.
    public var streamCompletions: [Completion] = []

    /// Partitions that have records, or an end of a transaction, that they had not before.
    public var advancedGroups: [GroupID] = []
    public var watches: [WatchDelivery] = []
    public var facts: [Fact] = []

    /// Nobody is answered for these any more; what the fronts hold of them is to end.
    public var droppedGroups: [GroupID] = []

    public init() {}

    /// Forgets everything but the memory.
    public mutating func removeAll() {
        frames.removeAll(keepingCapacity: true)
        journalJobs.removeAll(keepingCapacity: true)
        snapshotJobs.removeAll(keepingCapacity: true)
        completions.removeAll(keepingCapacity: true)
        streamCompletions.removeAll(keepingCapacity: true)
        advancedGroups.removeAll(keepingCapacity: true)
        watches.removeAll(keepingCapacity: true)
        facts.removeAll(keepingCapacity: true)
        droppedGroups.removeAll(keepingCapacity: true)
    }
}

public struct OutgoingFrame: Sendable {
    public var target: NodeID
    public var bytes: ByteSlice
}

/// Something worth telling people.
public enum Fact: Sendable, Equatable {
    case becameLeader(GroupID, Term)
    case lostLeadership(GroupID, Term)
    case followsLeader(GroupID, NodeID, Term)
    /// These belong to the group from now on: the change is committed.
    case membersChanged(GroupID, voters: [NodeID], learners: [NodeID])

    case snapshotTaken(GroupID, LogIndex)
    case snapshotInstalled(GroupID, LogIndex)
    case storageIsFull(String)
    case storageHasSpaceAgain
    case malformedFrame(from: NodeID, String)
    case snapshotFailed(GroupID, String)

    /// The disk has lost something of the group: what is whole ends at the index, and the rest is
    /// fetched from the leader; until then this node neither leads the group nor votes in it.
    case damaged(GroupID, LogIndex)

    /// Cold data has rotted on the disk; it is written anew from memory.
    case rotFound(JournalError)

    /// The group is damaged here and no leader is there to repair it: it answers `groupDamaged` until
    /// there is one. Other groups go on.
    case halted(GroupID)

    /// The group is whole again here, up to the index at least.
    case repaired(GroupID, LogIndex)

    /// The node must stop: others know of promises that its disk has forgotten, as the sentence says.
    case diskRefused(String)

    /// The node must stop: its storage cannot be trusted any longer.
    case storageFailed(String)
}
