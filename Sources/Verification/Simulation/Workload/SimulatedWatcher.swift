internal import Bytes
internal import Checkers
internal import Keyspace
internal import KeyspaceModel

/// One watcher: follows some keys, and resumes on another node when it is cut off.
struct SimulatedWatcher {
    let place: Int
    let keyspace: Int
    var random: SeededGenerator
    var history: WatchHistory

    /// Where it is attached; nil while it looks for a node.
    var node: Int?

    /// The next revision it has not heard of; nil before its first creation.
    private(set) var position: Int64?
    var isWritable = true

    /// Streams of earlier lives are not taken for this one's.
    private var streamBase: UInt64 = 0

    init(place: Int, options: SimulationOptions) {
        self.place = place
        keyspace = place % options.keyspaces
        var random = SeededGenerator(seed: options.seed, subsystem: "watcher", number: place)
        let first = random.below(options.keys)
        let isWhole = place < options.keyspaces || random.happens(permille: 400)
        history = WatchHistory(
            name: "watcher \(place)",
            key: isWhole ? ByteSlice([0]) : SimulatedClient.key(first),
            rangeEnd: isWhole
                ? ByteSlice([0])
                : random.happens(permille: 500) ? .empty : SimulatedClient.key(first + 3),
            wantsPuts: random.happens(permille: 850),
            wantsDeletes: random.happens(permille: 850),
            wantsPrevious: random.happens(permille: 500)
        )
        self.random = random
    }

    /// Begins anew at a revision of its choice, as another watcher would; the old one's story.
    mutating func beginAnew(at revision: Int64) -> WatchHistory {
        defer {
            history.sessions = []
            streamBase += 1_000
            position = revision
        }
        return history
    }

    var stream: WatchStreamID {
        WatchStreamID(
            client: UInt32(1_000_000 + place),
            request: streamBase + UInt64(history.sessions.count)
        )
    }

    /// The request of the next session, which it begins.
    mutating func attach(to node: Int) -> WatchCreateRequest {
        self.node = node
        isWritable = true
        history.sessions.append(WatchSession(startRevision: position ?? 0))
        var filters: [WatchCreateRequest.FilterType] = []
        if !history.wantsPuts { filters.append(.noPut) }
        if !history.wantsDeletes { filters.append(.noDelete) }
        return WatchCreateRequest(
            key: history.key,
            rangeEnd: history.rangeEnd,
            startRevision: position ?? 0,
            filters: filters,
            prevKv: history.wantsPrevious,
            fragment: random.happens(permille: 300)
        )
    }

    /// Notes what it was told; false if that ended the watch.
    mutating func take(_ response: WatchResponse) -> Bool {
        history.sessions[history.sessions.count - 1].responses.append(response)
        let revision = response.header?.revision ?? 0
        if response.created {
            position = max(position ?? 0, history.sessions.last?.startRevision ?? 0)
            if position == 0 { position = revision + 1 }
        }
        if response.canceled {
            if response.compactRevision > 0 {
                position = max(position ?? 0, response.compactRevision)
            }
            return false
        }
        if !response.created, !response.fragment {
            if let last = response.events.last?.kv?.modRevision {
                position = last + 1
            } else {
                position = max(position ?? 0, revision + 1)
            }
        }
        return true
    }
}
