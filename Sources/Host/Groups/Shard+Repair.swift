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
        journal.gather(cut)
        effects.facts.append(.damaged(group.id, raft.lastIndex))
    }

    /// Raft has all that it lacked, and the disk has it.
    func tellRepair(_ group: Group) {
        guard group.isMarkedDamaged, !group.raft.isDamaged else { return }
        group.isMarkedDamaged = false
        journal.gather(JournalStanding(group: group.id, isWhole: true))
        counters.groupsRepaired += 1
        effects.facts.append(.repaired(group.id, group.raft.durableIndex))
    }

    /// How many groups are being repaired here.
    public var damagedGroupCount: Int { groups.count { $0.raft.isDamaged } }
}
