internal import Model

/// Consecutive entries cut from the log once, and shared by the messages and the write that carry them.
struct EntryBatch: Sendable {
    var first: LogIndex
    var entries: [Entry] = []
    var weight = 0
}
