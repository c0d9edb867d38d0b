internal import Controller
internal import Keyspace
internal import Model
internal import RaftCore

// Groups that come and go. The control group's log says which keyspaces there are; each node follows
// it at the end of the turn in which it has applied it, so nothing of a turn meets a group that has
// gone. A group's ID is never given again: whatever is still said of it, by peers or by threads, finds
// nobody.
extension Shard {
    /// Opens and drops groups as the control group's log says.
    func followKeyspaces() {
        guard keyspaceChanges.areDue else { return }
        if keyspaceChanges.isImageNew { compareKeyspaces() }
        for change in keyspaceChanges.takeAll() {
            switch change {
            case .created(let keyspace, let mayBeLost): open(keyspace, mayBeLost: mayBeLost)
            case .dropped(let keyspace): drop(keyspace.group)
            }
        }
    }

    /// What the image of a start or a snapshot says, whatever was before.
    private func compareKeyspaces() {
        keyspaceChanges.isImageNew = false
        guard let place = place(of: .control), let image = metadata else { return }
        let control = groups[place].raft
        let mayBeLost =
            keyspaceChanges.mayBeLost(at: control.appliedIndex)
            || keyspaceChanges.held.isJournalDamaged && control.isDamaged
        for keyspace in image.keyspaces { open(keyspace, mayBeLost: mayBeLost) }
        let wanted = Set(image.keyspaces.map(\.group))
        for group in groupIDs + keyspaceChanges.held.groups
        where image.hasGiven(group) && !wanted.contains(group) {
            drop(group)
        }
    }

    private func open(_ keyspace: KeyspaceRecord, mayBeLost: Bool) {
        guard places[keyspace.group] == nil else { return }
        let replica: RecoveredReplica
        do throws(RecoveryError) {
            replica = try Recovery.replica(
                of: seed(of: keyspace),
                keyspaceChanges.held.take(keyspace.group),
                mayBeLost: mayBeLost
            )
        } catch {
            return stop("keyspace \(keyspace.name): \(error)")
        }
        let group = Group(replica, on: node, boots: boots, settings: settings, seed: seed)
        group.time.begin(at: now)
        places.insert(group.id, at: groups.count)
        groups.append(group)
        takeUp(group)
        if keyspace.founders.first == node { group.raft.standEarly() }
        touch(groups.count - 1)
    }

    /// Who was not there when it began hears from its leader who belongs to it.
    private func seed(of keyspace: KeyspaceRecord) -> GroupSeed {
        let voters = keyspace.founders.sorted().map { ReplicaID($0.number) }
        return GroupSeed(
            id: keyspace.group,
            source: .keyspace(Keyspace()),
            configuration: keyspace.founders.contains(node)
                ? GroupConfiguration(voters: voters) : .unknown
        )
    }

    /// Forgets a group, in memory and on the disk, whether it was opened or not.
    private func drop(_ id: GroupID) {
        _ = keyspaceChanges.held.take(id)
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
        for group in dropsDue {
            effects.journalJobs.append(.drop(group))
            effects.snapshotJobs.append(.drop(group))
        }
        dropsDue = []
    }
}
