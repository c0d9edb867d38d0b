internal import Model

// WatchHub: who watches a keyspace on this node, and what they have been told.
//
// Watches are local: every node serves its own clients from its own keyspace, so the hub is not
// replicated. It promises what etcd promises: a watch gets the changes of its range in the order
// of revisions, each once, none left out, all of one revision in one delivery, from the revision it
// asked for on.
//
// The hub follows the keyspace. Its position is the last revision that it has told; a live watch
// has everything up to there. `collect`, called once a turn, reads the changes since and gives them
// to the live watches (WatchHub+Live), which form audiences: watches of one range with the same
// options get the same events. Whoever asks for history, or whose client is slow, lags: such
// watches queue, and each `collect` reads a bounded part of the history for them
// (WatchHub+CatchUp) until they have reached the position and go live.
//
//      create ─┬─ start > position + 1 ─→ future ─┐ position reaches start
//              ├─ start = position + 1 ─→ live ←──┤
//              └─ start ≤ position ────→ lagging ←┘   lagging ⇄ live: caught up ⇄ client is slow
//
// Compaction ends a watch that still needs what is forgotten, and says from where to watch anew.
// When a snapshot replaces the keyspace, `reset` lets every watch catch up from where it stood.
//
// Not here: splitting large responses (`fragment`), timers, permissions; those are the front's.

/// All watches of a keyspace's clients on this node.
public struct WatchHub: Sendable {
    /// Live watches have everything up to here.
    var position = Revision.zero

    var watches = WatchSlots<Watch>()
    var streams = WatchSlots<WatchStream>()
    var streamNumbers: [WatchStreamID: Int] = [:]
    var audiences = WatchAudiences()

    /// Watches that start later, the earliest last.
    var futures: [WatchFuture] = []

    var queue = WatchQueue()
    var lastTicket: UInt64 = 0
    var collectNumber: UInt64 = 0

    /// Streams that asked for progress and await it.
    var progressWaiters: [Int] = []

    /// Whether one of them may be answered without anything new in the keyspace.
    var isProgressDue = false

    #if MARTLET_MUTANTS
    /// The bug planted in this hub.
    public var mutant: WatchMutant?
    #endif

    public init() {}

    /// Whether `collect` has something to do though the keyspace did not change.
    ///
    /// To be asked after every call; false while all that is left waits for slow clients.
    public var hasBacklog: Bool { !queue.isEmpty || isProgressDue }

    public var watchCount: Int { watches.count }

    public var streamCount: Int { streams.count }

    /// Watches whose clients do not have everything yet.
    public var laggingCount: Int {
        streams.elements.reduce(0) { $0 + ($1?.laggingCount ?? 0) }
    }

    /// Tells what happened since the last call, and lets those who lag catch up a bit.
    ///
    /// To be called before a compaction is applied as well as at the end of a turn: what is written
    /// and compacted between two calls cannot be told any longer.
    public mutating func collect(
        from keyspace: Keyspace,
        into deliveries: inout [WatchDelivery]
    ) {
        collectNumber &+= 1
        follow(keyspace, into: &deliveries)
        catchUp(from: keyspace, into: &deliveries)
        answerProgress(into: &deliveries)
    }

    /// What a slow client's front says, and takes back; a slow stream's watches lag behind.
    ///
    /// Unknown streams are writable. A stream is known from its first watch until it is closed.
    public mutating func setWritable(_ stream: WatchStreamID, _ isWritable: Bool) {
        guard let number = streamNumbers[stream],
            streams.elements[number]?.isWritable != isWritable
        else { return }
        streams.elements[number]?.isWritable = isWritable
        #if MARTLET_MUTANTS
        if mutant == .writableStreamStaysParked { return }
        #endif
        guard isWritable, let parked = streams.elements[number]?.parked else { return }
        streams.elements[number]?.parked = []
        for ticket in parked where next(of: ticket) != nil { queue.append(ticket) }
        expectProgress(of: number)
    }

    /// After a snapshot was restored: every watch goes on from what it has told its client.
    public mutating func reset(to keyspace: Keyspace) {
        #if MARTLET_MUTANTS
        if mutant == .restoreKeepsSynced {
            position = keyspace.revision
            return
        }
        #endif
        let next = position.next
        var waiting = futures.reversed().map { (watch: $0.watch, start: $0.start) }
        for (number, watch) in watches.elements.enumerated() {
            guard let watch else { continue }
            switch watch.state {
            case .live:
                waiting.append((number, next))
            case .lagging(let needed, _) where needed > keyspace.revision.next:
                // Only if the snapshot is older than what it replaces, which Raft does not do.
                streams.elements[watch.stream]?.laggingCount -= 1
                waiting.append((number, needed))
            case .future, .lagging:
                continue
            }
        }
        audiences = WatchAudiences()
        futures = []
        position = keyspace.revision
        for (number, start) in waiting { place(number, from: start) }
    }

    /// Makes the watch what it is when it needs everything from `start` on.
    mutating func place(_ watch: Int, from start: Revision) {
        if start > position.next {
            #if MARTLET_MUTANTS
            if mutant == .futureGetsOlderEvents { return goLive(watch) }
            #endif
            watches.elements[watch]?.state = .future(start: start)
            let future = WatchFuture(start: start, watch: watch)
            futures.insert(future, at: futures.firstPlace { $0 < future })
        } else if start == position.next {
            goLive(watch)
        } else {
            lag(watch, from: start)
        }
    }

    mutating func goLive(_ watch: Int) {
        guard let key = watches.elements[watch]?.audience else { return }
        let (audience, place) = audiences.join(key, watch)
        watches.elements[watch]?.state = .live(audience: audience, place: place)
    }

    mutating func leave(_ audience: Int, _ place: Int) {
        guard let moved = audiences.leave(audience, place: place) else { return }
        watches.elements[moved]?.state = .live(audience: audience, place: place)
    }
}

/// A watch that starts later; ordered by its start, then by its number.
struct WatchFuture: Sendable, Equatable {
    let start: Revision
    let watch: Int

    static func < (left: WatchFuture, right: WatchFuture) -> Bool {
        left.start == right.start ? left.watch < right.watch : left.start < right.start
    }
}

extension Array {
    /// The first place whose element fulfils the condition, which no element before one does.
    func firstPlace(where condition: (Element) -> Bool) -> Int {
        var lower = 0
        var upper = count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if condition(self[middle]) {
                upper = middle
            } else {
                lower = middle + 1
            }
        }
        return lower
    }
}
