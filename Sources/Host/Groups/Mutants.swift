#if MARTLET_MUTANTS
internal import Bytes
internal import Controller
internal import Keyspace
internal import Model
internal import RaftCore

/// Bugs planted for the simulator to find; no other build contains them.
public enum GroupsMutant: Int, CaseIterable, Sendable {
    /// A leader takes a replayed forward for a new command.
    case replayedForwardIsProposedAgain

    /// A read is served as soon as its round is confirmed, applied or not.
    case readIgnoresAppliedIndex

    /// A follower serves a linearizable read without asking the leader.
    case followerReadsLocally

    /// A write is answered when it is proposed, not when it is applied.
    case answersBeforeCommit

    /// A snapshot may cover entries that are not yet on this disk, and the log forgets them.
    case snapshotBeyondDurableLog

    /// A received snapshot does not replace the keyspace.
    case snapshotInstallKeepsOldState

    /// A sync's completion is taken for that of the batch behind it too.
    case completionCoversNextBatch

    /// After a restart the entry behind the snapshot counts as applied, and is not (etcd #13766).
    case entryBehindSnapshotIsSkipped

    /// A snapshot names the index before its state's: an entry is applied again (etcd #14685).
    case snapshotNamesEarlierIndex

    /// A leader proposes the end of leases once, and never again if that is lost.
    case expiryIsProposedOnce

    /// A command that a leader gave back, as it hands over, is proposed to the next one twice.
    case returnedCommandIsProposedTwice

    /// A new leader brings its group back to the members that it knows of, however old.
    case staleMembersAreWanted

    /// A snapshot says who belongs to the group now, not who did at its index.
    case snapshotHasLatestConfiguration

    /// A node takes part with a disk that was wiped or put back to an older copy.
    case diskNotRecognised

    /// Only the incarnation of a disk is compared, not how far it was: an older copy is taken for it.
    case olderCopyNotRecognised

    /// A node takes part before the others have said what they know of its disk.
    case speaksBeforeItIsKnown

    /// A quiescent group does not hear that its leader's node is gone.
    case sleepsThroughLossOfLeader

    /// A command that an earlier leader may have in its log is proposed to the next one, too.
    case slowCommandIsTakenForLost

    /// A new keyspace takes over what a dropped one of its name held.
    case namesakesKeysReturn

    /// The disk is not told of a keyspace that is no more.
    case droppedGroupStaysOnDisk

    /// After a start, what the disk has of a dropped keyspace is opened.
    case droppedGroupComesBack

    /// A keyspace that a snapshot of the control group tells of is not opened.
    case snapshotsKeyspacesAreMissed

    /// A node begins a new group with a voter that the cluster does not have.
    case strangerIsFounder

    /// A new group begins with the one that is to lead it first, and no other.
    case founderIsAlone

    /// Cold data is not read again.
    case scrubberSleeps

    /// What is found to have rotted is told, and stays as it is.
    case rotIsNotReplaced
}

extension Shard {
    func keepForNamesake(_ group: GroupID) {
        guard settings.mutant == .namesakesKeysReturn, let name = openedNames[group],
            let machine = keyspace(group)
        else { return }
        droppedKeyspaces[name] = machine.keyspace
    }

    func infectedSeed(of wanted: WantedGroup, _ voters: [ReplicaID]) -> GroupSeed? {
        openedNames[wanted.id] = wanted.name
        guard wanted.kind == .keyspace, wanted.founders.contains(node) else { return nil }
        var voters = voters
        if settings.mutant == .strangerIsFounder { voters.append(ReplicaID(77)) }
        if settings.mutant == .founderIsAlone { voters = [ReplicaID(wanted.founders[0].number)] }
        return GroupSeed(
            id: wanted.id,
            source: .keyspace(droppedKeyspaces[wanted.name] ?? Keyspace()),
            configuration: GroupConfiguration(voters: voters)
        )
    }

    /// Answers a command by what it would do now, whatever becomes of it.
    func answerEarly(_ machine: KeyspaceMachine, _ payload: ByteSlice, _ waiter: Waiter) {
        let body = CommandHeader.body(of: payload)
        guard waiter != .none, let header = try? CommandHeader(decoding: payload),
            let command = try? KeyspaceMachine.command(header.kind, body)
        else { return }
        var copy = machine.keyspace
        let result = copy.apply(command, at: header.time)
        effects.completions.append(Completion(waiter: waiter, result: .applied(result)))
    }
}
#endif
