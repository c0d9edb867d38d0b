internal import Bytes
internal import Checkers
internal import Groups

/// What the queue holds.
///
/// A node's events name the boot they belong to; a crash makes them void.
enum SimulationEvent {
    case tick(Int, boot: UInt64)
    case turn(Int, boot: UInt64)
    case frame(ByteSlice, from: Int, to: Int)
    case journalBegins(Int, boot: UInt64)
    case journalEnds(Int, boot: UInt64)
    case snapshotJob(Int, boot: UInt64)
    case completed(StorageCompletion, Int, boot: UInt64)
    case restart(Int)
    case client(Int)
    case call(DelayedCall, Int)
    case clientGivesUp(Int, request: UInt64)
    case watcher(Int)
    case record
    case changeMembers
    case workWithKeyspaces
    case fault
    case cutOff(Int)
    case clog(Int, until: UInt64)
    case die(Int, boot: UInt64)
    case faultEnds(LastingFault)
    case disarm
    case heal
    case poll

    /// The node that must be awake for it.
    var node: Int? {
        switch self {
        case .tick(let node, _), .turn(let node, _), .frame(_, _, let node),
            .journalBegins(let node, _), .journalEnds(let node, _), .snapshotJob(let node, _),
            .completed(_, let node, _), .call(_, let node):
            node
        case .restart, .client, .clientGivesUp, .watcher, .record, .changeMembers,
            .workWithKeyspaces,
            .fault, .cutOff, .clog, .die, .faultEnds, .disarm, .heal, .poll:
            nil
        }
    }
}

/// A fault that is there for a while.
enum LastingFault {
    case partition(number: Int)
    case diskFull(Int)
    case spaceErrors(Int)
    case readOnly(Int)
    case slowDisk(Int)
    case readError(Int)
}

/// A call that waits for its node to wake up.
struct DelayedCall {
    var waiter: Waiter
    var request: OperationRequest
    var boot: UInt64
}
