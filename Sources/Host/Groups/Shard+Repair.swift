internal import Journal
internal import Model
internal import RaftCore

// A group whose disk has lost something is repaired by its leader (RaftCore, `Raft+Repair`). The
// journal must know of it from before the first byte that is fetched until the last is durable: a
// node that is restarted in between is as damaged as before.
extension Shard {
    /// What is left of the group's log ends here; what comes now follows it.
    func beginRepair(of group: Group) {
        group.isMarkedDamaged = true
        let raft = group.raft
        let cut = JournalCut(
            group: group.id,
            index: raft.lastIndex,
            term: raft.term(at: raft.lastIndex) ?? raft.snapshot.term
        )
        // What the disk knew of them may lie before the damage, and be lost with the next.
        let state = JournalState(
            term: raft.hardState.term,
            votedFor: raft.hardState.votedFor?.number ?? 0,
            commitIndex: raft.commitIndex
        )
        journal.gather(cut, state)
        effects.facts.append(.damaged(group.id, raft.lastIndex))
    }

    /// A group that begins after the damage has lost nothing by it.
    ///
    /// The journal alone cannot know that the lost batches held nothing of it, and the next start
    /// would take it for damaged, whatever is written of it.
    func vouch(for group: Group) {
        let nothing = JournalState(term: .zero, votedFor: 0, commitIndex: .zero)
        journal.gather(JournalCut(group: group.id, index: .zero, term: .zero), nothing)
        journal.gather(JournalStanding(group: group.id, isWhole: true))
    }

    /// Raft has all that it lacked, and the disk has it.
    func tellRepair(_ group: Group) {
        guard group.isMarkedDamaged, !group.raft.isDamaged else { return }
        group.isMarkedDamaged = false
        if group.id == .control { groupChanges.knownIndex = group.raft.knownIndex }
        journal.gather(JournalStanding(group: group.id, isWhole: true))
        counters.groupsRepaired += 1
        effects.facts.append(.repaired(group.id, group.raft.durableIndex))
    }

    /// A damaged group that finds no leader stands still, alone: no majority has a voice.
    func passTickForRepair(_ group: Group) {
        guard group.raft.isDamaged, !group.hasKnownLeader else {
            group.ticksWithoutRepair = 0
            return
        }
        group.ticksWithoutRepair += 1
        if group.ticksWithoutRepair == ticksUntilHalted {
            effects.facts.append(.halted(group.id))
        }
    }

    /// Whether this node's replica is damaged and nobody is there to repair it.
    func isHalted(_ group: Group) -> Bool {
        group.raft.isDamaged && !group.hasKnownLeader
            && group.ticksWithoutRepair >= ticksUntilHalted
    }

    private var ticksUntilHalted: Int {
        settings.raft.electionTicks * Limits.electionsUntilHalted
    }

    /// Why nobody was found to decide.
    func refusalWithoutLeader(_ group: Group) -> Refusal {
        isHalted(group) ? .groupDamaged : .noLeader
    }

    /// How many groups stand still here until somebody can repair them.
    public var haltedGroupCount: Int { groups.count { isHalted($0) } }

    /// How many groups are being repaired here.
    public var damagedGroupCount: Int { groups.count { $0.raft.isDamaged } }
}

extension Raft {
    /// Up to where this node may have had the log before: anywhere, until a damaged one is whole.
    var knownIndex: LogIndex { isDamaged ? LogIndex(.max) : durableIndex }
}
