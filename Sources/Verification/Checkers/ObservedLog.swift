internal import Model

/// The terms of a replica's log, from behind a snapshot to its end.
struct ObservedLog: Sendable, Equatable {
    private(set) var snapshotIndex = LogIndex.zero
    private var snapshotTerm = Term.zero

    /// Of the entries behind the snapshot.
    private var terms: [Term] = []

    var lastIndex: LogIndex { snapshotIndex + terms.count }

    var lastTerm: Term { terms.last ?? snapshotTerm }

    /// Whether a replica with this log would be elected by one with the other.
    func isUpToDate(with other: ObservedLog) -> Bool {
        lastTerm > other.lastTerm || (lastTerm == other.lastTerm && lastIndex >= other.lastIndex)
    }

    var indices: [LogIndex] { terms.indices.map { snapshotIndex + ($0 + 1) } }

    /// Nil before the snapshot and behind the end.
    func term(at index: LogIndex) -> Term? {
        if index == snapshotIndex { return snapshotTerm }
        let position = index - snapshotIndex - 1
        return terms.indices.contains(position) ? terms[position] : nil
    }

    /// Whether the log, or the snapshot before it, has the committed entry.
    func holds(_ index: LogIndex, _ term: Term) -> Bool {
        index < snapshotIndex || self.term(at: index) == term
    }

    /// Whether a snapshot stands for the entry.
    func covers(_ index: LogIndex) -> Bool { index <= snapshotIndex }

    /// What a snapshot covers is skipped; what would leave a gap is not taken.
    mutating func replace(from first: LogIndex, with entries: [ObservedEntry]) {
        let position = first - snapshotIndex - 1
        let fresh = entries.dropFirst(max(0, -position))
        guard !fresh.isEmpty, position <= terms.count else { return }
        terms.removeLast(terms.count - max(0, position))
        terms.append(contentsOf: fresh.map(\.term))
    }

    mutating func cover(upTo index: LogIndex, _ term: Term) {
        guard index > snapshotIndex else { return }
        let covered = index - snapshotIndex
        let follows = self.term(at: index) == term && covered <= terms.count
        terms = follows ? Array(terms.dropFirst(covered)) : []
        snapshotIndex = index
        snapshotTerm = term
    }
}
