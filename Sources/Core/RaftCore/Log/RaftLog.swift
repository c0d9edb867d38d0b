internal import Bytes
internal import Model

/// A replica's log from its last compaction on, in memory, and how much of it is on disk.
///
/// Three lines run through it: entries up to `durableIndex` are on this replica's disk, those up to
/// `writtenIndex` were given out to be written, the rest waits for the next `Persist`.
///
/// Invariant: `baseIndex ≤ durableIndex ≤ writtenIndex ≤ lastIndex`, and terms never fall.
struct RaftLog: Sendable {
    /// Entries from `head` on are the log; those before are emptied and wait to be swept together.
    private var storage: [Entry]
    private var head = 0

    /// The last entry that was compacted away: its term still answers whether an append fits.
    private(set) var baseIndex: LogIndex
    private(set) var baseTerm: Term

    private(set) var durableIndex: LogIndex
    private(set) var writtenIndex: LogIndex
    private(set) var writes = WritesInFlight()

    /// `entries` are on disk and follow the base.
    init(baseIndex: LogIndex, baseTerm: Term, entries: [Entry]) {
        var last = (index: baseIndex, term: baseTerm)
        for entry in entries {
            precondition(
                entry.index == last.index.next && entry.term >= last.term,
                "entry \(entry.index) of term \(entry.term) cannot follow \(last)"
            )
            last = (entry.index, entry.term)
        }
        self.baseIndex = baseIndex
        self.baseTerm = baseTerm
        storage = entries
        durableIndex = last.index
        writtenIndex = last.index
    }

    var count: Int { storage.count - head }
    var firstIndex: LogIndex { baseIndex.next }
    var lastIndex: LogIndex { baseIndex + count }
    var lastTerm: Term { count > 0 ? storage[storage.count - 1].term : baseTerm }
    var hasUnwritten: Bool { writtenIndex < lastIndex }

    /// Nil where the log does not reach: above its last entry, or below its base.
    func term(at index: LogIndex) -> Term? {
        guard index > baseIndex else { return index == baseIndex ? baseTerm : nil }
        guard index <= lastIndex else { return nil }
        return storage[position(of: index)].term
    }

    private func position(of index: LogIndex) -> Int { head + (index - baseIndex) - 1 }

    /// A candidate's log that ends so is at least as good as this one (Raft §5.4.1).
    func isCovered(byLastIndex index: LogIndex, lastTerm term: Term) -> Bool {
        term > lastTerm || (term == lastTerm && index >= lastIndex)
    }
}

// Growing and cutting.
extension RaftLog {
    mutating func append(_ entry: Entry) {
        precondition(
            entry.index == lastIndex.next && entry.term >= lastTerm,
            "entry \(entry.index) of term \(entry.term) cannot follow \(lastIndex), \(lastTerm)"
        )
        storage.append(entry)
    }

    /// Drops the entries from `index` on; they may be on disk until others replace them there.
    mutating func truncate(from index: LogIndex) {
        precondition(index > baseIndex, "entries up to \(baseIndex) are committed")
        guard index <= lastIndex else { return }
        storage.removeSubrange(position(of: index)...)
        durableIndex = min(durableIndex, index.previous)
        writtenIndex = min(writtenIndex, index.previous)
        writes.cut(to: index.previous)
    }

    /// Forgets the entries up to `index`, in amortized constant time an entry.
    mutating func compact(to index: LogIndex) {
        guard index > baseIndex, let term = term(at: index) else { return }
        let newHead = position(of: index) + 1
        if newHead * 2 >= storage.count {
            storage.removeSubrange(..<newHead)
            head = 0
        } else {
            // Their payloads are freed now, though their places are only later.
            let emptied = Entry(index: .zero, term: .zero, kind: .empty, payload: .empty)
            for position in head..<newHead { storage[position] = emptied }
            head = newHead
        }
        baseIndex = index
        baseTerm = term
        durableIndex = max(durableIndex, index)
        writtenIndex = max(writtenIndex, index)
    }

    /// Begins anew behind a snapshot that shares nothing with this log, or lies above it.
    mutating func reset(toIndex index: LogIndex, term: Term) {
        storage = []
        head = 0
        baseIndex = index
        baseTerm = term
        durableIndex = index
        writtenIndex = index
        writes.cut(to: index)
    }
}

// Reading.
extension RaftLog {
    /// Entries from `first` up to and with `last`, both of them in the log.
    func entries(from first: LogIndex, through last: LogIndex) -> [Entry] {
        guard first <= last else { return [] }
        return Array(storage[position(of: first)...position(of: last)])
    }

    /// Entries from `first` on, at most `last`, while they weigh no more than `byteCount`; at least one.
    func batch(from first: LogIndex, through last: LogIndex, upTo byteCount: Int) -> EntryBatch {
        guard first > baseIndex, first <= last, last <= lastIndex else {
            return EntryBatch(first: first)
        }
        let start = position(of: first)
        var end = start + 1
        var weight = storage[start].weight
        let limit = position(of: last)
        while end <= limit, weight + storage[end].weight <= byteCount {
            weight += storage[end].weight
            end += 1
        }
        return EntryBatch(first: first, entries: Array(storage[start..<end]), weight: weight)
    }

    /// How much the entries from `first` up to and with `last` weigh.
    func weight(from first: LogIndex, through last: LogIndex) -> Int {
        guard first <= last else { return 0 }
        return storage[position(of: first)...position(of: last)].reduce(0) { $0 + $1.weight }
    }

    /// How many of `entries`, which follow an entry that agrees, are in this log already.
    func agreeingCount(of entries: ArraySlice<Entry>) -> Int {
        var count = 0
        for entry in entries {
            guard term(at: entry.index) == entry.term else { break }
            count += 1
        }
        return count
    }

    /// The last entry at or before `index` whose term is not above `term`.
    ///
    /// Later than there two logs cannot agree, if one of them has `term` at `index`: the conflict hint
    /// of thesis §3.5, as etcd-io/raft's `findConflictByTerm`. Terms never fall, so halving finds it.
    func lastPossibleAgreement(
        at index: LogIndex,
        term: Term
    ) -> (index: LogIndex, term: Term) {
        guard index >= baseIndex, baseTerm <= term else {
            return (min(index, baseIndex.previous), .zero)
        }
        var low = head - 1
        var high = position(of: min(index, lastIndex))
        while low < high {
            let middle = high - (high - low) / 2
            if storage[middle].term <= term { low = middle } else { high = middle - 1 }
        }
        guard low >= head else { return (baseIndex, baseTerm) }
        return (storage[low].index, storage[low].term)
    }
}

// Reaching the disk.
extension RaftLog {
    /// A write of all that was not yet written; the caller takes those entries first.
    mutating func beginWrite() -> UInt64 {
        writtenIndex = lastIndex
        return writes.begin(covering: lastIndex)
    }

    /// All writes up to this one are on disk.
    mutating func completeWrite(_ number: UInt64) {
        guard let covered = writes.complete(number) else { return }
        durableIndex = max(durableIndex, covered)
    }

    #if MARTLET_MUTANTS
    mutating func believe(_ receipt: PersistReceipt) {
        durableIndex = max(durableIndex, min(receipt.lastIndex, lastIndex))
    }
    #endif
}

extension Entry {
    /// What the entry counts for against limits.
    var weight: Int { payload.count + Limits.entryOverheadBytes }
}
