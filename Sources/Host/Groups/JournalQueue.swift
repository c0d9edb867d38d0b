internal import Bytes
internal import Journal
internal import Model
internal import RaftCore

/// What gathers for the journal while an append is under way.
///
/// One append is under way at a time. Its batch is kept until it is durable, so that it can be
/// tried again after a full disk.
struct JournalQueue {
    struct Receipt {
        var place: Int
        var receipt: PersistReceipt
        var messages: [Message]
    }

    private enum State {
        /// Nothing is under way; becomes `appending`.
        case idle

        /// Becomes `idle` when durable, `waitingForSpace` when the disk is full.
        case appending(since: Tick)

        /// The disk was full; becomes `retryDue` at the tick.
        case waitingForSpace(retryAt: Tick)

        /// Becomes `retrying` with the next turn.
        case retryDue

        /// As `appending`, but writes are still refused.
        case retrying
    }

    private var state = State.idle
    private var batch = JournalBatch()
    private(set) var gatheredReceipts: [Receipt] = []
    /// Bytes of payloads that wait for the append under way.
    private(set) var gatheredBytes = 0

    private var underWay = JournalBatch()
    private var underWayReceipts: [Receipt] = []

    /// Whether the disk had no space when last tried.
    var isFull: Bool {
        switch state {
        case .idle, .appending: false
        case .waitingForSpace, .retryDue, .retrying: true
        }
    }

    /// Whether the disk takes nothing: it is full, or an append has been under way for so long.
    func isStuck(at now: Tick, after ticks: Int) -> Bool {
        switch state {
        case .idle: false
        case .appending(let since): now >= since + ticks
        case .waitingForSpace, .retryDue, .retrying: true
        }
    }

    var canAppend: Bool {
        switch state {
        case .idle:
            !gatheredReceipts.isEmpty || !batch.marks.isEmpty || !batch.cuts.isEmpty
                || !batch.standings.isEmpty
        case .retryDue: true
        case .appending, .waitingForSpace, .retrying: false
        }
    }

    mutating func gather(_ persist: Persist, of group: Group, at place: Int) {
        if let state = persist.hardState {
            batch.states.append(
                JournalGroupState(
                    group: group.id,
                    state: JournalState(
                        term: state.term,
                        votedFor: state.votedFor?.number ?? 0,
                        commitIndex: state.commitIndex
                    )
                )
            )
        }
        for entry in persist.entries {
            batch.entries.append(
                JournalEntry(
                    group: group.id,
                    index: entry.index,
                    term: entry.term,
                    kind: entry.kind.rawValue,
                    payload: entry.payload
                )
            )
            gatheredBytes += entry.payload.count
        }
        gatheredReceipts.append(
            Receipt(place: place, receipt: persist.receipt, messages: persist.messages)
        )
        if gatheredReceipts.count >= Limits.receiptsGatheredMax { forgetMessages() }
    }

    /// A disk that takes nothing for long: what was to be said then is stale, and a group's last
    /// receipt covers those before it.
    private mutating func forgetMessages() {
        var newest: [Int: PersistReceipt] = [:]
        for receipt in gatheredReceipts { newest[receipt.place] = receipt.receipt }
        gatheredReceipts = newest.keys.sorted().compactMap { place in
            newest[place].map { Receipt(place: place, receipt: $0, messages: []) }
        }
    }

    mutating func gather(_ mark: JournalMark) { batch.marks.append(mark) }

    /// A cut counts together with the group's term and vote.
    mutating func gather(_ cut: JournalCut, _ state: JournalState) {
        batch.states.append(JournalGroupState(group: cut.group, state: state))
        batch.cuts.append(cut)
    }

    mutating func gather(_ standing: JournalStanding) { batch.standings.append(standing) }

    /// Entries that a snapshot has replaced before they were written: marks come first in a batch,
    /// so these would seem to follow the snapshot.
    mutating func dropEntries(of group: GroupID, upTo index: LogIndex) {
        batch.entries.removeAll { $0.group == group && $0.index <= index }
        gatheredBytes = batch.entries.reduce(0) { $0 + $1.payload.count }
    }

    /// What gathers of a group that is no more; what is under way is told of as before.
    mutating func forget(_ group: GroupID, at place: Int) {
        batch.entries.removeAll { $0.group == group }
        batch.states.removeAll { $0.group == group }
        batch.marks.removeAll { $0.group == group }
        batch.cuts.removeAll { $0.group == group }
        batch.standings.removeAll { $0.group == group }
        gatheredReceipts.removeAll { $0.place == place }
        gatheredBytes = batch.entries.reduce(0) { $0 + $1.payload.count }
    }

    /// Whether an append is under way, whose batch may be tried again.
    var isBusy: Bool {
        if case .idle = state { return false }
        return true
    }

    /// The next batch to append, if one waits and none is under way.
    mutating func beginAppend(at now: Tick) -> JournalBatch? {
        guard canAppend else { return nil }
        if case .retryDue = state {
            state = .retrying
            return underWay
        }
        underWay = batch
        underWayReceipts = gatheredReceipts
        batch = JournalBatch()
        gatheredReceipts = []
        gatheredBytes = 0
        state = .appending(since: now)
        return underWay
    }

    /// The batch under way is durable.
    mutating func finishAppend() -> [Receipt] {
        state = .idle
        defer { underWayReceipts = [] }
        underWay = JournalBatch()
        return underWayReceipts
    }

    mutating func retryLater(at tick: Tick) { state = .waitingForSpace(retryAt: tick) }

    mutating func passTick(_ now: Tick) {
        if case .waitingForSpace(let retryAt) = state, retryAt <= now { state = .retryDue }
    }
}
