internal import Environment
internal import EtcdWire
internal import HTTP2Wire
internal import KeyspaceModel
internal import Model

/// One call of a connection, from its headers to its trailers.
struct Call {
    let stream: StreamID
    let method: EtcdMethod

    /// The group of the keyspace that it is about.
    let group: GroupID

    /// When the client gives up, by its `grpc-timeout`.
    var deadline: Deadline?

    /// Ends when there has been no leader for a while; the client said `hasleader: true`.
    var requiresLeader = false

    /// Puts messages together that come in parts; none while they come whole.
    var reader: GRPCMessageReader?

    var work = Work.receiving

    /// Moves the work out, as it is large to copy; the call is then `receiving`.
    mutating func takeWork() -> Work {
        var taken = Work.receiving
        swap(&taken, &work)
        return taken
    }

    /// Counted from the first time that is known after the call came.
    ///
    /// The last one known before may be old, as old as the node was frozen. Were a call ended before
    /// its client gives up, etcd's Go client would take the time it has left to send it again, to
    /// another node: a write that may have happened would happen twice.
    enum Deadline {
        /// So many nanoseconds after the next time that is told; becomes `at`.
        case after(UInt64)

        case at(Instant)
    }

    /// What the call waits for.
    ///
    /// What is large is indirect, as every call has room for the largest case and is moved with it.
    enum Work {
        /// The request is not complete.
        case receiving

        /// A command's outcome.
        case outcome

        /// A change of the members, and of which.
        case changingMembers(NodeID)

        /// A keyspace that is created or dropped.
        case changingKeyspaces

        /// The alarm that its space is used up; then it is refused.
        case raisingAlarm

        /// The leave to read.
        indirect case leave(PendingRead)

        /// An answer that is made on a worker's thread.
        case elsewhere(WorkTicket)

        /// The client, to take more of a large response.
        indirect case sending(LargeResponse)

        /// The client, to take more of a stream of responses.
        indirect case streaming(StreamedAnswer)

        /// The client, to take more of a range whose pieces are made elsewhere.
        indirect case longRange(LongRange)

        /// Until either side ends it.
        case watching(WatchCall)
        case keepingAlive(KeepAliveCall)
        case healthWatching
        case reflecting

        /// A recipe's answer; the number is the front's for it.
        case recipe(UInt64)
    }
}

/// What is read once a linearizable read is allowed.
enum PendingRead {
    case range(RangeRequest)
    case rangeStream(RangeRequest)
    case txn(TxnRequest)
    case timeToLive(LeaseTimeToLiveRequest)
    case leases
    case members
    case leader(LeaderRequest)
    case alarms(AlarmType)
    case keyspaces
}

/// A watch stream.
struct WatchCall {
    /// The watches whose responses may be split.
    var fragmenting: Set<Int64> = []

    /// When watches that want it are told the progress next; nil while none does.
    var progressAt: Instant?

    /// What the hub was told last.
    var isWritable = true
}

/// A stream of lease renewals.
struct KeepAliveCall {
    /// Renewals whose outcome is not known.
    var inFlight = 0

    /// Leases to renew once fewer are in flight, in the client's order.
    var waiting = WaitingRenewals()

    /// The client will ask for no more; the call ends with the last outcome.
    var isHalfClosed = false
}
