import Bytes
import Journal
import Model

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

func small(_ fileBytes: Int = 4096) -> JournalSettings {
    var settings = JournalSettings()
    settings.fileBytes = fileBytes
    return settings
}

func entry(
    _ group: UInt64,
    _ index: UInt64,
    term: UInt64 = 1,
    payload: ByteSlice = "payload"
) -> JournalEntry {
    JournalEntry(
        group: GroupID(group),
        index: LogIndex(index),
        term: Term(term),
        kind: 1,
        payload: payload
    )
}

func batch(_ entries: JournalEntry...) -> JournalBatch {
    var batch = JournalBatch()
    batch.entries = entries
    return batch
}

func state(_ group: UInt64, term: UInt64, vote: UInt64 = 0) -> JournalBatch {
    var batch = JournalBatch()
    batch.states = [
        JournalGroupState(
            group: GroupID(group),
            state: JournalState(term: Term(term), votedFor: vote, commitIndex: .zero)
        )
    ]
    return batch
}

func mark(_ group: UInt64, _ index: UInt64, term: UInt64 = 1) -> JournalBatch {
    var batch = JournalBatch()
    batch.marks = [JournalMark(group: GroupID(group), index: LogIndex(index), term: Term(term))]
    return batch
}

extension Journal {
    func write(_ batch: JournalBatch) throws {
        try append(batch)
        try sync()
    }
}
