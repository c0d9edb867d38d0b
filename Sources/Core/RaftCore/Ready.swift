public import Model

/// What is to be done after a batch of steps.
///
/// In this order:
///
/// 1. send `messages`: they depend on nothing that is not yet on disk (a leader's appends and
///    heartbeats among them: it writes in parallel with its followers, thesis §10.2.1);
/// 2. write `persist` to the journal and sync it; several may be under way, oldest first;
/// 3. once it is synced, send its `messages` and step `persisted` with its `receipt`;
/// 4. apply `committed`, which a majority has on disk, in order;
/// 5. serve the reads of `readable` once everything up to their index is applied.
public struct Ready: Sendable, Equatable {
    public var messages: [Message] = []
    public var persist: Persist?
    public var committed: [Entry] = []
    public var readable: [ReadableRound] = []

    /// Read requests that will never be answered, as this replica leads no longer.
    public var droppedReads: [ReadRequest] = []

    public init() {}

    public var isEmpty: Bool {
        messages.isEmpty && persist == nil && committed.isEmpty && readable.isEmpty
            && droppedReads.isEmpty
    }
}

/// What must be durable before anybody hears of it.
///
/// With neither hard state nor entries it needs no sync of its own: its messages wait only for the
/// writes before it.
public struct Persist: Sendable, Equatable {
    /// Present if term, vote or (lazily) commit index changed.
    public var hardState: HardState?

    /// Replaces whatever the log holds from the first entry's index on.
    public var entries: [Entry]

    /// To be sent once this is synced: votes and append replies.
    public var messages: [Message]

    public var receipt: PersistReceipt

    public init(
        hardState: HardState?,
        entries: [Entry],
        messages: [Message],
        receipt: PersistReceipt
    ) {
        self.hardState = hardState
        self.entries = entries
        self.messages = messages
        self.receipt = receipt
    }
}

/// Names a write, so that Raft knows what a completed sync covers: this write and all before it.
///
/// The number decides. Index and term alone would not do, as the log may be truncated, rewritten and
/// brought back while the sync is under way (the ABA race of etcd-io/raft); they are here to be read.
public struct PersistReceipt: Sendable, Equatable {
    public var number: UInt64
    public var lastIndex: LogIndex
    public var lastTerm: Term

    public init(number: UInt64, lastIndex: LogIndex, lastTerm: Term) {
        self.number = number
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
    }
}

/// A read as its asker knows it; Host's number, echoed.
public struct ReadRequest: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// Reads that may be served from a state machine that has applied `index`.
public struct ReadableRound: Sendable, Equatable {
    public var index: LogIndex
    public var requests: [ReadRequest]

    public init(index: LogIndex, requests: [ReadRequest]) {
        self.index = index
        self.requests = requests
    }
}
