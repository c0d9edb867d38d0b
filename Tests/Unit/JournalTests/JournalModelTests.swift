import Bytes
import Journal
import Model
import Testing

/// Random appends, truncations, snapshots and crashes against plain arrays.
@Suite struct JournalModelTests {
    private struct Reference: Equatable {
        var entries: [JournalEntry] = []
        var mark: UInt64 = 0
        var term: UInt64 = 1
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func aCrashLosesNothingThatWasSynced(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var journal = try Journal.open(on: disk, in: "j", settings: small(2048)).journal
        var groups = [Reference(), Reference(), Reference()]
        for _ in 0..<200 {
            let next = step(&groups, &random)
            try journal.append(next.batch)
            if random.next() % 8 == 0 {
                // Not synced: it may be there whole, or not at all.
                let tear = random.next() % 3
                disk.crash { place in tear == 1 && place % 3 == 0 || tear == 2 }
                journal = try check(disk, groups: &groups, or: next.groups)
                continue
            }
            try journal.sync()
            groups = next.groups
            for (group, mark) in next.released {
                try journal.release(GroupID(group), upTo: LogIndex(mark))
            }
        }
        disk.crash()
        _ = try check(disk, groups: &groups, or: groups)
    }

    private func step(
        _ groups: inout [Reference],
        _ random: inout SeededGenerator
    ) -> (batch: JournalBatch, groups: [Reference], released: [(UInt64, UInt64)]) {
        var batch = JournalBatch()
        var next = groups
        var released: [(UInt64, UInt64)] = []
        for place in groups.indices where random.next() % 2 == 0 {
            let group = UInt64(place + 1)
            let last = next[place].mark + UInt64(next[place].entries.count)
            if random.next() % 6 == 0, last > next[place].mark {
                let mark = next[place].mark + 1 + random.next() % (last - next[place].mark)
                let term = next[place].entries[Int(mark - next[place].mark) - 1].term
                batch.marks.append(
                    JournalMark(group: GroupID(group), index: LogIndex(mark), term: term)
                )
                next[place].entries.removeFirst(Int(mark - next[place].mark))
                next[place].mark = mark
                released.append((group, mark))
            } else {
                append(group, &next[place], to: &batch, &random)
            }
        }
        return (batch, next, released)
    }

    private func append(
        _ group: UInt64,
        _ reference: inout Reference,
        to batch: inout JournalBatch,
        _ random: inout SeededGenerator
    ) {
        if random.next() % 4 == 0, !reference.entries.isEmpty {
            reference.entries.removeLast(Int(random.next() % UInt64(reference.entries.count)))
            reference.term += 1
        }
        for _ in 0..<random.next() % 4 {
            let index = reference.mark + UInt64(reference.entries.count) + 1
            let size = Int(random.next() % 200)
            let new = entry(
                group,
                index,
                term: reference.term,
                payload: ByteSlice([UInt8](repeating: UInt8(index % 251), count: size))
            )
            reference.entries.append(new)
            batch.entries.append(new)
        }
        // What was cut off is only cut off by what replaces it.
        let isShorter = batch.entries.last?.group != GroupID(group)
        if isShorter, reference.term > 1 {
            let index = reference.mark + UInt64(reference.entries.count) + 1
            let new = entry(group, index, term: reference.term)
            reference.entries.append(new)
            batch.entries.append(new)
        }
    }

    /// The journal holds either what was there before the last batch, or that batch too.
    private func check(
        _ disk: MemoryDisk,
        groups: inout [Reference],
        or next: [Reference]
    ) throws -> Journal<MemoryDisk> {
        let (journal, recovered) = try Journal.open(on: disk, in: "j", settings: small(2048))
        if matches(recovered, next) {
            groups = next
        } else {
            #expect(matches(recovered, groups))
        }
        return journal
    }

    private func matches(_ recovered: [RecoveredGroup], _ groups: [Reference]) -> Bool {
        groups.enumerated().allSatisfy { place, reference in
            let group = recovered.first { $0.group == GroupID(UInt64(place + 1)) }
            let entries = group?.entries.filter { $0.index.number > reference.mark } ?? []
            return entries == reference.entries
                && (group?.mark?.index.number ?? 0) == reference.mark
        }
    }
}
