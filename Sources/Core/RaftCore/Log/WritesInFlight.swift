internal import Model

/// The writes that were given out and are not yet known to be on disk, oldest first.
///
/// Each knows up to which index it vouches for the log *as it is now*. When the log is cut, writes
/// under way lose what was cut, so a receipt that comes late vouches for no entry that was rewritten
/// meanwhile, even if the same entry has come back since: the disk may still be between the two
/// (the ABA race of etcd-io/raft's `newStorageAppendResp`, which it solves with terms).
struct WritesInFlight: Sendable {
    private struct Write {
        let number: UInt64
        var coveredIndex: LogIndex
    }

    private var writes: [Write] = []

    /// The newest write's number; counts from 1.
    private(set) var lastNumber: UInt64 = 0

    /// All writes up to this one are on disk.
    private(set) var durableNumber: UInt64 = 0

    var isEmpty: Bool { writes.isEmpty }

    var count: Int { writes.count }

    /// A new write that leaves the log on disk complete up to `index`.
    ///
    /// One without entries vouches for no more than the one before: however many of them a disk
    /// holds up, they take no memory.
    mutating func begin(covering index: LogIndex) -> UInt64 {
        lastNumber += 1
        if let last = writes.last, last.coveredIndex == index { return lastNumber }
        writes.append(Write(number: lastNumber, coveredIndex: index))
        return lastNumber
    }

    /// Entries above `index` are gone from the log.
    mutating func cut(to index: LogIndex) {
        for position in writes.indices {
            writes[position].coveredIndex = min(writes[position].coveredIndex, index)
        }
    }

    /// All writes up to this one are synced; returns up to which index they vouch for the log.
    mutating func complete(_ number: UInt64) -> LogIndex? {
        guard number > durableNumber, number <= lastNumber else { return nil }
        durableNumber = number
        var covered: LogIndex?
        var done = 0
        while done < writes.count, writes[done].number <= number {
            covered = max(covered ?? .zero, writes[done].coveredIndex)
            done += 1
        }
        writes.removeFirst(done)
        return covered
    }
}
