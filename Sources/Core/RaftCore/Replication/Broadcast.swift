internal import Model

/// One round of a leader's sending: what all its messages share, and the messages.
struct Broadcast: Sendable {
    let source: ReplicaID
    let term: Term
    let commitIndex: LogIndex
    let appendBytesMax: Int
    var messages: [Message]

    #if MARTLET_MUTANTS
    var mutant: RaftMutant?
    #endif

    /// The entries that were cut last; followers that are equally far share one array.
    private var batch = EntryBatch(first: .zero)

    init(
        source: ReplicaID,
        term: Term,
        commitIndex: LogIndex,
        appendBytesMax: Int,
        messages: [Message]
    ) {
        self.source = source
        self.term = term
        self.commitIndex = commitIndex
        self.appendBytesMax = appendBytesMax
        self.messages = messages
    }

    mutating func send(_ body: Message.Body, to target: ReplicaID) {
        messages.append(Message(source: source, target: target, term: term, body: body))
    }

    /// Up to where the follower is known to hold what is committed.
    func commitIndex(heldBy follower: Progress) -> LogIndex {
        #if MARTLET_MUTANTS
        if mutant == .commitsBeyondLastNewEntry { return commitIndex }
        #endif
        return min(follower.matchIndex, commitIndex)
    }

    /// Entries from `first` on, as many as one append may carry.
    mutating func entries(from first: LogIndex, of log: RaftLog) -> EntryBatch {
        if batch.first != first || batch.entries.isEmpty {
            batch = log.batch(from: first, through: log.lastIndex, upTo: appendBytesMax)
        }
        return batch
    }

    /// All entries that are still to be written; usually just those that were sent.
    func unwritten(of log: RaftLog) -> [Entry] {
        let first = log.writtenIndex.next
        if batch.first == first, batch.entries.last?.index == log.lastIndex { return batch.entries }
        return log.entries(from: first, through: log.lastIndex)
    }
}
