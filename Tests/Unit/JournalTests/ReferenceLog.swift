import Bytes
import Journal
import Model

/// What a journal should remember, as plain values.
struct ReferenceLog: Equatable {
    struct Group: Equatable {
        var state: JournalState?
        var mark: JournalMark?

        /// Behind the mark.
        var entries: [JournalEntry] = []

        var base: UInt64 { mark?.index.number ?? 0 }
        var last: UInt64 { base + UInt64(entries.count) }

        mutating func apply(_ entry: JournalEntry) {
            entries.removeSubrange(Int(entry.index.number - base) - 1..<entries.count)
            entries.append(entry)
        }

        mutating func apply(_ mark: JournalMark) {
            let covered = Int(mark.index.number - base)
            if covered <= entries.count, covered > 0, entries[covered - 1].term == mark.term {
                entries.removeFirst(covered)
            } else {
                entries = []
            }
            self.mark = mark
        }
    }

    var groups: [Group]

    init(groups count: Int) { groups = Array(repeating: Group(), count: count) }

    mutating func apply(_ batch: JournalBatch) {
        for change in batch.states { groups[place(change.group)].state = change.state }
        for mark in batch.marks { groups[place(mark.group)].apply(mark) }
        for entry in batch.entries { groups[place(entry.group)].apply(entry) }
    }

    private func place(_ group: GroupID) -> Int { Int(group.number) - 1 }

    /// Whether a journal recovered just this.
    func matches(_ recovered: [RecoveredGroup]) -> Bool {
        groups.enumerated().allSatisfy { place, group in
            let found = recovered.first { $0.group == GroupID(UInt64(place) + 1) }
            let entries = found?.entries.filter { $0.index.number > group.base } ?? []
            return found?.state == group.state && found?.mark == group.mark
                && entries == group.entries
        }
    }

    /// A batch that may follow: states, new and overwritten entries, marks of own snapshots and of
    /// such as came from elsewhere.
    func randomBatch(_ random: inout SeededGenerator) -> JournalBatch {
        var batch = JournalBatch()
        for (place, group) in groups.enumerated() where random.next() % 2 == 0 {
            let id = GroupID(UInt64(place) + 1)
            switch random.next() % 10 {
            case 0:
                let term = Term((group.state?.term.number ?? 0) + random.next() % 3)
                let state = JournalState(
                    term: term,
                    votedFor: random.next() % 4,
                    commitIndex: LogIndex(group.base)
                )
                batch.states.append(JournalGroupState(group: id, state: state))
            case 1 where group.last > group.base:
                let covered = 1 + random.next() % (group.last - group.base)
                let term = group.entries[Int(covered) - 1].term
                batch.marks.append(
                    JournalMark(group: id, index: LogIndex(group.base + covered), term: term)
                )
            case 2 where random.next() % 4 == 0:
                let index = group.base + 1 + random.next() % (group.last - group.base + 5)
                let term = Term(1000 + random.next() % 1000)
                batch.marks.append(JournalMark(group: id, index: LogIndex(index), term: term))
            default: appendEntries(id, group, to: &batch, &random)
            }
        }
        return batch
    }

    private func appendEntries(
        _ id: GroupID,
        _ group: Group,
        to batch: inout JournalBatch,
        _ random: inout SeededGenerator
    ) {
        var index = group.last + 1
        var term = group.entries.last?.term.number ?? group.mark?.term.number ?? 1
        if random.next() % 5 == 0, group.last > group.base {
            index -= random.next() % (group.last - group.base + 1)
            term += 1
        }
        for _ in 0..<random.next() % 4 {
            let isLong = random.next() % 40 == 0
            let size = Int(random.next() % (isLong ? 9000 : 200))
            let byte = UInt8(truncatingIfNeeded: random.next())
            let payload = ByteSlice([UInt8](repeating: byte, count: size))
            batch.entries.append(
                JournalEntry(
                    group: id,
                    index: LogIndex(index),
                    term: Term(term),
                    kind: byte,
                    payload: payload
                )
            )
            index += 1
        }
    }
}
