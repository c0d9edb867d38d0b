internal import Bytes
public import Coordinators
public import Model
internal import RaftCore
public import Streams

// Partitions and coordinators among a shard's groups.
extension Shard {
    /// The partition of a group, for reading; nil if the group is another or elsewhere.
    public func partition(_ group: GroupID) -> Partition? {
        guard let place = place(of: group), case .partition(let machine) = groups[place].machine
        else { return nil }
        return machine.partition
    }

    /// The state of a coordinator, for reading; nil if the group is another or elsewhere.
    public func coordinator(_ group: GroupID) -> CoordinatorState? {
        guard let place = place(of: group), case .coordinator(let machine) = groups[place].machine
        else { return nil }
        return machine.state
    }

    /// The term in which this node leads the group and has applied all that was committed before;
    /// nil otherwise.
    ///
    /// Only then may it say how long a log is, or what a coordinator has promised: a leader that has
    /// just been chosen may not have applied all that the last one answered.
    public func servingTerm(_ group: GroupID) -> Term? {
        guard let place = place(of: group) else { return nil }
        let group = groups[place]
        guard group.isLeader, group.appliedTerm == group.raft.term else { return nil }
        return group.raft.term
    }

    func apply(
        _ entry: Entry,
        _ header: CommandHeader,
        _ body: ByteSlice,
        to machine: PartitionMachine,
        in group: Group
    ) {
        let result =
            header.kind == .append
            ? machine.append(body, in: entry.term, at: header.time)
            : machine.apply(body, in: entry.term, at: header.time)
        guard let waiter = closeOwn(header, in: group) else { return }
        guard let result else { return refuse(waiter, .malformedCommand) }
        complete(waiter, .streams(.partition(result)))
    }

    func apply(
        _ entry: Entry,
        _ header: CommandHeader,
        _ body: ByteSlice,
        to machine: CoordinatorMachine,
        in group: Group
    ) {
        let isSound = machine.apply(body, at: header.time)
        guard let waiter = closeOwn(header, in: group) else { return }
        guard isSound else { return refuse(waiter, .malformedCommand) }
        complete(waiter, .streams(.coordinated))
    }
}
