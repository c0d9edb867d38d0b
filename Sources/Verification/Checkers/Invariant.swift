/// What must hold whatever fails, and the checkers that say so.
///
/// Checkers are pure: they take what clients, watchers and replicas saw and either agree or throw a
/// `Violation`. They know nothing of the simulator; a history recorded from real processes goes
/// through the same code. Three kinds:
///
/// - `KeyspaceChecker`, `WatchChecker`, `LeaseChecker`, `LockChecker` judge a finished `History` against a naive
///   model of a keyspace;
/// - `RaftObserver` is told of every append, sync, election and application as it happens;
/// - what only a whole cluster can show (it recovers, replicas agree) is the simulator's, under the
///   invariants listed last.
///
/// Missing: everything that is not a keyspace.
public enum Invariant: String, Sendable, CaseIterable {
    /// At most one leader a term (Raft §5.2).
    case electionSafety = "R1"

    /// A leader never overwrites or deletes entries of its own log (§5.3).
    case leaderAppendOnly = "R2"

    /// Two logs that hold an entry of the same index and term are equal up to it (§5.3).
    case logMatching = "R3"

    /// Whoever leads holds every entry that was committed before its term (§5.4).
    case leaderCompleteness = "R4"

    /// No two replicas apply different entries at one index (§5.4.3).
    case stateMachineSafety = "R5"

    /// A replica never votes twice in a term, nor does its term go back, over restarts too.
    case durableVote = "R6"

    /// No two configurations that follow one another have quorums without a common member (thesis §4.1).
    case quorumOverlap = "R7"

    /// State restored from a snapshot equals the state that applied every entry.
    case snapshotEquality = "R9"

    /// What was synced is read back after a crash, and damage is told from what never was there.
    case recovery = "S1"

    /// What is applied or acknowledged is on the durable disks of a majority at that moment.
    case quorumDurability = "S2"

    /// A disk that lost something has no voice until it has back what it promised; and once faults
    /// end it gets that back.
    case repair = "S3"

    /// What rots under a running process is found and written anew, and nothing else is taken for rot.
    case scrubbing = "S4"

    /// Every answer is that of one atomic keyspace, in an order that agrees with real time.
    case strictSerializability = "K1"

    /// Revisions rise by one with each write; what is compacted stays compacted.
    case revisions = "K2"

    /// A watch's events come in revision order, none twice.
    case watchOrder = "W1"

    /// A watch misses nothing, over resumptions and progress notifications too.
    case watchCompleteness = "W2"

    /// All events of one revision come together.
    case watchAtomicity = "W3"

    /// Each event, and the value before it, is what the keyspace's history says.
    case watchContent = "W4"

    /// A lease's keys live as long as it was granted for.
    case leaseLifetime = "L1"

    /// A lease's keys vanish with it, all at once.
    case leaseAtomicity = "L2"

    /// An ended lease stays ended.
    case leaseEnd = "L3"

    /// Whoever has lost a lock writes no more of what it guards.
    case lockFencing = "L4"

    /// Once faults end, a leader is found and every call returns.
    case availability = "V1"

    /// Once faults end, all replicas apply the same entries and hold the same state.
    case convergence = "V2"

    /// Once faults end, watches catch up and overdue leases end.
    case catchUp = "V3"

    /// A keyspace begins empty, in a group that none ever had; it holds what was written to it and
    /// nothing else, and is gone for good once it was dropped.
    case keyspaceIsolation = "G1"

    /// Once faults end, every node has the keyspaces of the control group's log and no other, each
    /// with the cluster's members.
    case keyspaceAgreement = "G2"

    /// A node stops only for a cause that it names: no trap, no refusal to start.
    case orderlyStop = "X1"
}
