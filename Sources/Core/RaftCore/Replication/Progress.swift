internal import Model

/// What a leader knows of one other replica's log, and so what to send next.
///
/// Invariant: `matchIndex < nextIndex ≤ the leader's last index + 1`.
struct Progress: Sendable {
    enum Mode: Sendable, Equatable {
        /// It is not known where the logs agree: one append at a time, until one is accepted.
        case probe(isWaiting: Bool)

        /// They agree at `matchIndex`: appends go out without waiting, as the window allows.
        case replicate

        /// A snapshot at this index is on its way; no appends until it has arrived, or failed.
        case snapshot(LogIndex)
    }

    let replica: ReplicaID

    /// The highest index known to be on this replica's disk and equal to the leader's.
    private(set) var matchIndex: LogIndex = .zero

    private(set) var nextIndex: LogIndex
    private(set) var mode = Mode.probe(isWaiting: false)
    private(set) var window: InflightWindow

    /// The highest commit index that an append in this mode has told.
    private(set) var toldCommitIndex: LogIndex = .zero

    /// The last read round that it has answered.
    private(set) var confirmedRound: UInt64 = 0

    /// Whether it was heard since the leader last counted its majority, or in the time before that.
    var isRecentlyActive = false
    private(set) var wasRecentlyActive = false

    /// Whether it is owed an append, though perhaps without entries, to find out if some were lost.
    private(set) var isOwedAppend = true

    /// Present while it is repaired: what it holds, it may hold without counting.
    private(set) var repair: FollowersRepair?

    /// The last repair that was heard of.
    private var lastRepair = RepairID(0)

    init(replica: ReplicaID, nextIndex: LogIndex, window: InflightWindow) {
        self.replica = replica
        self.nextIndex = nextIndex
        self.window = window
    }

    var isWaiting: Bool {
        switch mode {
        case .probe(let isWaiting): isWaiting
        case .replicate: false
        case .snapshot: true
        }
    }
}

// What its answers say.
extension Progress {
    /// The follower's log agrees, on its disk, up to `index`.
    mutating func accepted(upTo index: LogIndex, firstIndex: LogIndex) {
        if let repair {
            // From before its restart.
            guard index >= repair.point else { return }
            self.repair = nil
        }
        held(upTo: index, firstIndex: firstIndex)
    }

    /// The same, whether or not it counts.
    mutating func held(upTo index: LogIndex, firstIndex: LogIndex) {
        let isNews = index > matchIndex
        if isNews {
            matchIndex = index
            nextIndex = max(nextIndex, index.next)
        }
        switch mode {
        case .probe:
            // An answer to an earlier term's append, or to one lost since, proves nothing new.
            if index == matchIndex { replicate() }
        case .replicate:
            window.free(upTo: index)
        case .snapshot:
            if isNews && matchIndex.next >= firstIndex { replicate() }
        }
    }

    /// The logs differ at `index`, and may agree at `hint`.
    ///
    /// Old news change nothing.
    mutating func rejected(at index: LogIndex, hint: LogIndex) {
        switch mode {
        case .replicate:
            // Appends were lost; begin again where they are known to agree.
            if index > matchIndex { probe(from: matchIndex.next) }
        case .probe:
            guard nextIndex.previous == index else { return }
            probe(from: max(min(index, hint.next), matchIndex.next))
        case .snapshot:
            break
        }
    }

    /// It is away: neither a likely successor, nor worth a snapshot.
    mutating func isLost() {
        isRecentlyActive = false
        wasRecentlyActive = false
    }

    /// It is there, but has not got all: the next append tells whether some was lost on the way.
    mutating func heard(lastIndex: LogIndex) {
        switch mode {
        case .probe:
            mode = .probe(isWaiting: false)
            isOwedAppend = true
        case .replicate:
            isOwedAppend = isOwedAppend || matchIndex < lastIndex
        case .snapshot:
            break
        }
    }

    /// The leader has counted its majority.
    mutating func forgetActivity() {
        wasRecentlyActive = isRecentlyActive
        isRecentlyActive = false
    }

    mutating func confirmed(_ round: UInt64) { confirmedRound = max(confirmedRound, round) }

    /// The snapshot's stream has ended; a follower that has it will say so, then appends go on.
    mutating func snapshotEnded(isDelivered: Bool) {
        guard case .snapshot(let index) = mode else { return }
        probe(from: isDelivered ? max(matchIndex, index).next : matchIndex.next)
        // Delivered: its answer is on the way. Failed: try again with the next heartbeat's answer.
        mode = .probe(isWaiting: true)
        isOwedAppend = false
    }

    private mutating func probe(from index: LogIndex) {
        mode = .probe(isWaiting: false)
        nextIndex = index
        toldCommitIndex = min(toldCommitIndex, index.previous)
        window.clear()
        isOwedAppend = true
    }

    private mutating func replicate() {
        mode = .replicate
        nextIndex = matchIndex.next
        window.clear()
        isOwedAppend = false
    }
}

// While it is repaired.
extension Progress {
    /// Up to where it counts for a majority.
    var countedIndex: LogIndex { repair == nil ? matchIndex : .zero }

    /// Its last repair, and where that ends if it is under way.
    var repairState: (id: RepairID, point: LogIndex?) { (lastRepair, repair?.point) }

    /// It has lost what it had, but for what it says that it holds.
    mutating func beginRepair(_ id: RepairID, upTo point: LogIndex, heldIndex: LogIndex) {
        lastRepair = id
        repair = FollowersRepair(point: point)
        isRecentlyActive = true
        matchIndex = heldIndex
        probe(from: heldIndex.next)
    }
}

/// A follower's repair, as its leader knows it.
struct FollowersRepair: Sendable {
    /// The entry that ends it.
    let point: LogIndex
}

// What was sent to it.
extension Progress {
    mutating func sentAppend(_ entries: EntryBatch, commitIndex: LogIndex) {
        isOwedAppend = false
        toldCommitIndex = max(toldCommitIndex, commitIndex)
        switch mode {
        case .probe:
            mode = .probe(isWaiting: true)
        case .replicate:
            guard let last = entries.entries.last?.index else { return }
            nextIndex = last.next
            window.add(upTo: last, weight: entries.weight)
        case .snapshot:
            break
        }
    }

    mutating func sentSnapshot(at index: LogIndex) {
        mode = .snapshot(index)
        window.clear()
        isOwedAppend = false
    }
}
