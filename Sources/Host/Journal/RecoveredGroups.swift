internal import Bytes
internal import Model

/// Entries are missing where batches are whole: the journal was not written by us.
struct RecoveryGap: Error {
    var description: String
}

/// All groups as the batches read so far leave them.
struct RecoveredGroups {
    private var groups: [GroupID: RecoveredGroup] = [:]

    mutating func apply(_ batch: JournalBatch) throws(RecoveryGap) {
        for state in batch.states {
            groups[state.group, default: RecoveredGroup(group: state.group)].state = state.state
        }
        for mark in batch.marks {
            groups[mark.group, default: RecoveredGroup(group: mark.group)].apply(mark)
        }
        for entry in batch.entries {
            try groups[entry.group, default: RecoveredGroup(group: entry.group)].apply(entry)
        }
    }

    /// Sorted by group, each checked to begin where its mark ends, or before.
    func checked(in directory: String) throws(JournalError) -> [RecoveredGroup] {
        let sorted = groups.values.sorted { $0.group < $1.group }
        for group in sorted {
            guard let first = group.entries.first else { continue }
            let covered = group.mark?.index ?? .zero
            guard first.index.number <= covered.number + 1 else {
                throw .damaged(
                    path: directory,
                    offset: 0,
                    reason: "group \(group.group) has entries from \(first.index) on and a "
                        + "snapshot up to \(covered)"
                )
            }
        }
        return sorted
    }
}

extension RecoveredGroup {
    fileprivate mutating func apply(_ mark: JournalMark) {
        // Each file repeats the marks of its time: only a newer one says something.
        if let old = self.mark, old.index >= mark.index { return }
        self.mark = mark
        if mark.replacesLog { entries = [] }
        guard let first = entries.first, let last = entries.last else { return }
        let isAgreed =
            first.index <= mark.index && mark.index <= last.index
            && entries[mark.index - first.index].term == mark.term
        // Behind a snapshot that was installed over it, a log that differs means nothing. A mark
        // before the first entry is an older one, and a newer one has let the entries between go.
        if !isAgreed, mark.index >= first.index { entries = [] }
    }

    fileprivate mutating func apply(_ entry: JournalEntry) throws(RecoveryGap) {
        guard let first = entries.first, let last = entries.last else {
            entries = [entry]
            return
        }
        if entry.index == last.index.next {
            entries.append(entry)
        } else if entry.index <= last.index, entry.index >= first.index {
            entries.removeLast(last.index - entry.index + 1)
            entries.append(entry)
        } else if entry.index < first.index {
            entries = [entry]
        } else {
            throw RecoveryGap(
                description: "group \(group) goes from entry \(last.index) to \(entry.index)"
            )
        }
    }
}
