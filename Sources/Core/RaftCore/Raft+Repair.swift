internal import Bytes
public import Model

// A replica whose disk has lost something (damage, or a snapshot that is gone) does not know what it
// has promised: which entries it acknowledged, its term, its vote. So it promises nothing more: it
// neither stands for election nor votes, and what it holds counts for no majority. It follows, takes
// what it lacks from the leader, and says how far it has come (`repairing`).
//
// When a leader first hears of that it appends an empty entry, the repair point. Once that is
// committed, by others alone, and on this replica's own disk, the replica is whole:
//
// - whoever committed the point was in the leader's term after this replica's restart, and each of
//   them was in no later term. So no leader of a later term had been elected with this replica's
//   vote before, nor can a candidate that has such a vote still win: its log lacks the point, and
//   every majority has somebody who holds it;
// - what this replica had acknowledged was acknowledged to that leader, or to one before it. The
//   leader holds all of that before the point, and now so does this replica.
//
// It is the recovery of Viewstamped Replication Revisited (Liskov & Cowling 2012, §4.3), with a
// committed entry in place of a majority's answers; the rules are those of Alagappan et al.,
// Protocol-Aware Recovery for Consensus-Based Storage (FAST '18), at their most careful. ADR 10.

/// One repair of a replica: the node's count of starts, so that none bears the name of another.
public struct RepairID: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// How far a damaged replica has come: its log is the leader's up to here, on its disk.
public struct RepairProgress: Sendable, Equatable {
    public var repair: RepairID
    public var heldIndex: LogIndex

    public init(repair: RepairID, heldIndex: LogIndex) {
        self.repair = repair
        self.heldIndex = heldIndex
    }
}

/// Where a damaged replica is whole again: an entry of the leader's term, committed without it.
public struct RepairPoint: Sendable, Equatable {
    public var repair: RepairID
    public var index: LogIndex

    public init(repair: RepairID, index: LogIndex) {
        self.repair = repair
        self.index = index
    }
}

/// A damaged replica's own part.
struct Repair: Sendable {
    enum Stage: Sendable {
        /// No leader has said yet where it ends; becomes `known`.
        case unknown

        /// Over once this entry is on disk.
        case known(index: LogIndex, term: Term, leader: ReplicaID)
    }

    let id: RepairID
    var stage = Stage.unknown
}

// The replica that is repaired.
extension Raft {
    /// Whether it follows without a voice until it is repaired.
    public var isDamaged: Bool { repair != nil }

    /// Whether it may stand for election.
    ///
    /// Who is to leave may until that is committed, though its own vote counts no more: it may be the
    /// only one that holds the entry that says so, and then nobody else can win (thesis §4.2.2).
    var mayLead: Bool {
        let isVoter = isVoter || configuration(at: commitIndex).isVoter(replica)
        #if MARTLET_MUTANTS
        if settings.mutant == .damagedReplicaLeads { return isVoter }
        #endif
        return isVoter && repair == nil
    }

    /// Whether it may give its vote, or tell anybody that it would.
    var mayVote: Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .damagedReplicaVotes { return true }
        #endif
        return repair == nil
    }

    /// How far its log agrees with the leader's, said so that it counts for nothing; nil if it is
    /// not damaged.
    func progress(upTo index: LogIndex) -> Message.Body? {
        #if MARTLET_MUTANTS
        if settings.mutant == .damagedReplicaCounts { return nil }
        #endif
        return repair.map { .repairing(RepairProgress(repair: $0.id, heldIndex: index)) }
    }

    /// The leader says which entry ends the repair.
    mutating func accept(_ point: RepairPoint, from leader: ReplicaID) {
        guard follow(leader), repair?.id == point.repair else { return }
        repair?.stage = .known(index: point.index, term: state.term, leader: leader)
        finishRepair()
    }

    /// Ends the repair if its point is reached.
    mutating func finishRepair() {
        guard case .known(let index, let term, let leader) = repair?.stage,
            holdsDurably(index, term)
        else { return }
        repair = nil
        repairedIndex = index
        acknowledge(index, to: leader)
    }

    /// A point is one leader's: another, of a newer term, sets its own, and would wait for it for ever
    /// if this replica were whole without having said so to it.
    mutating func forgetRepairPoint() {
        repair?.stage = .unknown
        repairedIndex = nil
    }

    private func holdsDurably(_ index: LogIndex, _ term: Term) -> Bool {
        // What is committed and compacted is part of this replica's snapshot.
        guard index > log.baseIndex else { return true }
        #if MARTLET_MUTANTS
        if settings.mutant == .repairedBeforeSync { return log.term(at: index) == term }
        #endif
        return index <= log.durableIndex && log.term(at: index) == term
    }
}

// The leader that repairs it.
extension Raft {
    mutating func learn(_ progress: RepairProgress, from follower: ReplicaID) {
        guard let known = leadership?.repair(of: follower), progress.heldIndex <= log.lastIndex,
            progress.repair >= known.id
        else { return }
        if progress.repair > known.id {
            let point = repairPoint()
            leadership?.update(follower) {
                $0.beginRepair(progress.repair, upTo: point, heldIndex: progress.heldIndex)
            }
            return
        }
        let (firstIndex, lastIndex) = (log.firstIndex, log.lastIndex)
        leadership?.update(follower) {
            $0.isRecentlyActive = true
            $0.held(upTo: progress.heldIndex, firstIndex: firstIndex)
            $0.heard(lastIndex: lastIndex)
        }
        guard let point = known.point, point <= commitIndex else { return }
        messages.append(
            Message(
                source: replica,
                target: follower,
                term: state.term,
                body: .repairPoint(RepairPoint(repair: progress.repair, index: point))
            )
        )
    }

    /// An entry from after the damaged replica's restart.
    private mutating func repairPoint() -> LogIndex {
        #if MARTLET_MUTANTS
        if settings.mutant == .repairEndsAtCommitIndex { return commitIndex }
        #endif
        return appendOwn(.empty, payload: .empty)
    }
}
