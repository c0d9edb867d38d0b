internal import Controller
internal import Keyspace
internal import Model
internal import RaftCore

// Groups that come and go. The control group's log says which groups there are; each node follows
// it at the end of the turn in which it has applied it, so nothing of a turn meets a group that has
// gone. A group's ID is never given again: whatever is still said of it, by peers or by threads, finds
// nobody.
extension Shard {
    /// Opens and drops groups as the control group's log says.
    func followGroups() {
        guard groupChanges.areDue else { return }
        if groupChanges.isImageNew { compareGroups() }
        for change in groupChanges.takeAll() {
            switch change {
            case .created(let group, let mayBeLost): open(group, mayBeLost: mayBeLost)
            case .dropped(let group):
                #if MARTLET_MUTANTS
                keepForNamesake(group)
                #endif
                drop(group)
            }
        }
    }

    /// What the image of a start or a snapshot says, whatever was before.
    private func compareGroups() {
        groupChanges.isImageNew = false
        guard let place = place(of: .control), let image = metadata else { return }
        let mayBeLost = groupChanges.mayBeLost(at: groups[place].raft.appliedIndex)
        let all = WantedGroup.all(image)
        for group in all { open(group, mayBeLost: mayBeLost) }
        let wanted = Set(all.map(\.id))
        for group in groupIDs + groupChanges.held.groups
        where image.hasGiven(group) && !wanted.contains(group) {
            #if MARTLET_MUTANTS
            if settings.mutant == .droppedGroupComesBack, places[group] == nil {
                let founders = image.votingMembers
                let keyspace = KeyspaceRecord(name: "", group: group, founders: founders)
                open(WantedGroup(keyspace), mayBeLost: false)
                continue
            }
            #endif
            drop(group)
        }
    }

    private func open(_ wanted: WantedGroup, mayBeLost: Bool) {
        if let place = places[wanted.id] { return groups[place].replicas = wanted.replicas }
        // What the disk knows to be dropped, the control group's log drops again before long.
        guard wanted.isHeld(by: node), !groupChanges.held.isDropped(wanted.id) else { return }
        let found = groupChanges.held.take(wanted.id)
        let replica: RecoveredReplica
        do throws(RecoveryError) {
            replica = try Recovery.replica(of: seed(of: wanted), found, mayBeLost: mayBeLost)
        } catch {
            return stop("\(wanted.name): \(error)")
        }
        let group = Group(replica, on: node, boots: boots, settings: settings, seed: seed)
        group.replicas = wanted.replicas
        group.time.begin(at: now)
        places.insert(group.id, at: groups.count)
        groups.append(group)
        takeUp(group)
        if groupChanges.held.isJournalDamaged, found == nil, !mayBeLost { vouch(for: group) }
        if wanted.founders.first == node { group.raft.standEarly() }
        touch(groups.count - 1)
    }

    /// Who was not there when it began hears from its leader who belongs to it.
    private func seed(of wanted: WantedGroup) -> GroupSeed {
        let voters = wanted.founders.sorted().map { ReplicaID($0.number) }
        #if MARTLET_MUTANTS
        if let seed = infectedSeed(of: wanted, voters) { return seed }
        #endif
        return GroupSeed(
            id: wanted.id,
            source: .empty(wanted.kind),
            configuration: wanted.founders.contains(node)
                ? GroupConfiguration(voters: voters) : .unknown
        )
    }

    /// Forgets a group, in memory and on the disk, whether it was opened or not.
    private func drop(_ id: GroupID) {
        _ = groupChanges.held.take(id)
        distantLeaders.forget(id)
        if let place = place(of: id) {
            let group = groups[place]
            refuseAll(of: group)
            journal.forget(id, at: place)
            marked.removeAll { $0 === group }
            touched.removeAll { $0 == place }
            awake.removeAll { $0 == place }
            places.remove(id)
            groups[place] = vacancy
            effects.droppedGroups.append(id)
        }
        dropsDue.append(id)
        dropFromDisk()
    }

    /// Whoever waits for the group need not wait any longer.
    private func refuseAll(of group: Group) {
        group.proposals.expire(at: Tick(.max)) { waiter, _ in refuse(waiter, .unknownGroup) }
        group.reads.expire(at: Tick(.max)) { refuse($0, .unknownGroup) }
        endTransfer(of: group, .refused(.unknownGroup))
    }

    /// Not while an append is under way: its batch may hold the group, and be tried again.
    func dropFromDisk() {
        guard !dropsDue.isEmpty, !journal.isBusy else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .droppedGroupStaysOnDisk || settings.mutant == .droppedGroupComesBack
        {
            dropsDue = []
        }
        #endif
        for group in dropsDue {
            // Its snapshots go once the journal knows: a group without them would seem damaged.
            effects.journalJobs.append(.drop(group))
        }
        dropsDue = []
    }
}
