import Model
import RaftCore

/// What a replica's disk holds, and the writes on their way to it: a crash loses those.
struct TestDisk {
    enum Write {
        case persist(Persist)

        /// The journal learns of a snapshot that is on disk.
        case mark(SnapshotMark)
    }

    private(set) var content: RestoredReplica
    private(set) var pending: [Write] = []

    /// Snapshots are files of their own: durable at once, though the journal hears of it later.
    private var latestSnapshot: SnapshotMark

    /// Entries that were on it, and may have been acknowledged, until they are made up for.
    private var lost: [Entry] = []

    init(_ content: RestoredReplica) {
        self.content = content
        latestSnapshot = content.snapshot
    }

    mutating func begin(_ persist: Persist) { pending.append(.persist(persist)) }

    mutating func received(_ mark: SnapshotMark) {
        latestSnapshot = mark
        pending.append(.mark(mark))
    }

    mutating func taken(_ mark: SnapshotMark) {
        if mark.index > latestSnapshot.index { latestSnapshot = mark }
    }

    /// The oldest write reaches the disk.
    mutating func syncOne() -> Persist? {
        guard !pending.isEmpty else { return nil }
        switch pending.removeFirst() {
        case .persist(let persist):
            content.write(persist)
            return persist
        case .mark(let mark):
            content.cover(mark)
            return nil
        }
    }

    /// The writes under way are lost, all but the first few; what is left is what a restart finds.
    mutating func crash(keeping count: Int) -> RestoredReplica {
        for _ in 0..<min(count, pending.count) { _ = syncOne() }
        pending = []
        content.cover(latestSnapshot)
        return content
    }

    mutating func lose(allBut count: Int, losesVote: Bool, _ repair: RepairID) {
        _ = crash(keeping: 0)
        lost += content.entries.dropFirst(count)
        content.entries = Array(content.entries.prefix(count))
        content.hardState.commitIndex = min(
            content.hardState.commitIndex,
            content.entries.last?.index ?? content.snapshot.index
        )
        if losesVote {
            let term = content.entries.last?.term ?? content.snapshot.term
            content.hardState.term = term
            content.hardState.votedFor = nil
        }
        content.repair = repair
    }

    mutating func isRepaired() {
        lost = []
        content.repair = nil
    }

    /// Whether an entry of this term is on disk at `index`, itself or within a snapshot.
    func holds(_ entry: Entry) -> Bool {
        if entry.index <= latestSnapshot.index { return true }
        return (content.entries + lost).contains {
            $0.index == entry.index && $0.term == entry.term
        }
    }
}

extension RestoredReplica {
    fileprivate mutating func write(_ persist: Persist) {
        if let state = persist.hardState { hardState = state }
        guard let first = persist.entries.first else { return }
        entries.removeAll { $0.index >= first.index }
        entries += persist.entries
    }

    /// The journal's rule: what lies behind the mark is kept only if the log agrees at the mark.
    fileprivate mutating func cover(_ mark: SnapshotMark) {
        guard mark.index > snapshot.index else { return }
        let agrees = entries.contains { $0.index == mark.index && $0.term == mark.term }
        entries = agrees ? entries.filter { $0.index > mark.index } : []
        snapshot = mark
    }
}
