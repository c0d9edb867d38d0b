#if MARTLET_MUTANTS
/// Bugs to be seeded on purpose, one at a time: a simulation that does not find them checks nothing.
///
/// Exists only in builds with `-D MARTLET_MUTANTS`; each is planted where the rule it breaks lives.
public enum RaftMutant: Int, CaseIterable, Sendable {
    /// A voter that answers twice counts twice.
    case duplicateVoteCounted

    /// The vote is sent before it is on disk.
    case voteNotDurable

    /// The vote never reaches the disk.
    case votesTwiceAfterRestart

    /// A vote is given to a candidate whose log is behind.
    case noUpToDateCheck

    /// An entry of an earlier term is committed by counting (figure 8).
    case commitsOldTermEntry

    /// An append that overlaps the log cuts off what follows, though it agrees.
    case truncatesOnOverlap

    /// A follower commits what it holds, though nobody has confirmed that it is the leader's.
    case commitsBeyondLastNewEntry

    /// The leader counts entries that it has not synced.
    case leaderCountsItselfBeforeSync

    /// The follower acknowledges entries that it has not synced.
    case followerAcknowledgesBeforeSync

    /// A completed sync vouches for entries that were rewritten since (ABA).
    case receiptCoversRewrittenEntries

    /// A read is served though no majority has confirmed the leader.
    case readWithoutQuorum

    /// A read is served at a commit index that may lag behind the last leader's.
    case readBeforeOwnTermCommits

    /// A received snapshot's term is forgotten.
    case snapshotLosesTerm

    /// A received snapshot leaves entries behind it that do not belong to it.
    case snapshotKeepsConflictingEntries

    /// Who is asked to take over leads at once, without asking for votes.
    case successorSkipsElection

    /// In a joint change the majority of the new voters decides alone.
    case jointQuorumWrong

    /// The leader counts what a learner has as if a voter had it.
    case learnerVotes

    /// The leader goes on counting a replica that was removed, in place of a voter that is silent.
    case removedNodeVotes

    /// A configuration is in force only when it is committed.
    case configurationAppliedAtCommit

    /// A received snapshot's configuration is forgotten.
    case snapshotLosesConfiguration

    /// The joint configuration is left before it is committed.
    case leavesJointBeforeCommit

    /// A change that is cut off the log stays in force.
    case truncationKeepsConfiguration

    /// After a restart only the snapshot's configuration is known, not those in the log.
    case restartForgetsConfiguration

    /// The voters change at once, not by way of both majorities.
    case jointChangeSkipped

    /// A replica whose disk lost something votes all the same.
    case damagedReplicaVotes

    /// A replica whose disk lost something stands for election.
    case damagedReplicaLeads

    /// What a replica says counts, although its term may be lost.
    case damagedReplicaCounts

    /// A repair ends before what it brought is on disk.
    case repairedBeforeSync

    /// A repair ends at what was committed when the leader heard of it, not at an entry that came
    /// later: what was acknowledged and not yet committed is forgotten.
    case repairEndsAtCommitIndex

    /// A read joins a round that was sent before it came, and earlier answers confirm it
    /// (etcd #20418).
    case readJoinsOpenRound

    /// The leader quiesces though followers lack entries, and nobody sends them any more.
    case quiescesOverLaggingFollowers
}
#endif
