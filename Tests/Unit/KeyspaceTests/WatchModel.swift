import Bytes
import Keyspace
import KeyspaceModel
import Model

/// Random watches of a random history, held against that history written down.
///
/// What it finds wrong is in `violations`; a correct hub leaves none.
struct WatchModel {
    private var bench = WatchBench()
    private var random: SeededGenerator
    private var current: [ByteSlice: KeyValue] = [:]
    private var history: [Change] = []
    private var followers: [Follower] = []
    private var slow: [WatchStreamID] = []
    private(set) var violations: [String] = []
    private(set) var deliveredEvents = 0
    private(set) var endedByCompaction = 0
    private(set) var toldProgress = 0

    private static let streams = (1...4).map { WatchStreamID(client: $0, request: 9) }
    private static let keys = ["a", "a1", "a2", "ab", "b", "ba", "c"].map { ByteSlice($0) }

    /// One watch, as its client sees it.
    private struct Follower {
        let stream: WatchStreamID
        let watchID: Int64
        let request: WatchCreateRequest

        /// What the client does not have yet, from here on.
        var next: Revision
    }

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    #if MARTLET_MUTANTS
    mutating func plant(_ mutant: WatchMutant) { bench.hub.mutant = mutant }
    #endif

    mutating func run(steps: Int) {
        for _ in 0..<steps { step() }
        for stream in Self.streams { bench.hub.setWritable(stream, true) }
        slow = []
        collect()
        while bench.hub.hasBacklog { collect() }
        for follower in followers {
            let missing = expected(of: follower, upTo: bench.keyspace.revision)
            if !missing.isEmpty { violations.append("never delivered: \(missing[0].change)") }
        }
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: write()
        case 45..<70: collect()
        case 70..<80: create()
        case 80..<83: cancel()
        case 83..<90: changeWritable()
        case 90..<94: requestProgress()
        case 94..<96: notifyProgress()
        case 96: compact()
        case 97: closeStream()
        default: restore()
        }
    }
}

/// What happens to the keyspace.
extension WatchModel {
    private mutating func anyKey() -> ByteSlice { Self.keys[Int.random(in: 0..<7, using: &random)] }

    private mutating func write() {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let before = bench.keyspace.revision
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bench.delete(anyKey())
            case 1: bench.delete("a", to: "b")
            case 2: bench.putTogether(["a", "b", "c"])
            default: bench.put(anyKey(), ByteSlice("\(before)"))
            }
            writeDown(after: before)
        }
    }

    private mutating func writeDown(after before: Revision) {
        guard bench.keyspace.revision > before,
            let changes = try? bench.keyspace.changes(from: before.next, limit: 1)
        else { return }
        for change in changes {
            var full = change
            for place in full.events.indices {
                guard let kv = full.events[place].kv else { continue }
                full.events[place].prevKv = current[kv.key]
                current[kv.key] = full.events[place].type == .put ? kv : nil
            }
            history.append(full)
        }
    }

    private mutating func compact() {
        collect()
        let revision = bench.keyspace.revision.number - Int64.random(in: 0..<20, using: &random)
        bench.compact(revision)
    }

    /// A snapshot brings what this node has not applied itself.
    private mutating func restore() {
        write()
        bench.hub.reset(to: bench.keyspace)
    }
}

/// What clients do.
extension WatchModel {
    private mutating func anyStream() -> WatchStreamID {
        Self.streams[Int.random(in: 0..<4, using: &random)]
    }

    private mutating func create() {
        var request = WatchCreateRequest(key: anyKey())
        switch Int.random(in: 0..<4, using: &random) {
        case 0: request.rangeEnd = ByteSlice([0])
        case 1: request.rangeEnd = "b"
        case 2: request.rangeEnd = "ab"
        default: break
        }
        let filters: [WatchCreateRequest.FilterType] = [.noPut, .noDelete]
        request.filters = filters.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
        request.prevKv = Bool.random(using: &random)
        request.progressNotify = Bool.random(using: &random)
        let revision = bench.keyspace.revision.number
        if Bool.random(using: &random) {
            let distance = Int64.random(in: -40..<10, using: &random)
            request.startRevision = max(0, revision + distance)
        }
        let stream = anyStream()
        let responses = bench.watch(request, on: stream)
        guard responses.count == 1, let created = responses.first, !created.canceled else { return }
        let start = request.startRevision == 0 ? revision + 1 : request.startRevision
        followers.append(
            Follower(
                stream: stream,
                watchID: created.watchID,
                request: request,
                next: Revision(start)
            )
        )
    }

    private mutating func cancel() {
        guard !followers.isEmpty else { return }
        let follower = followers.remove(at: Int.random(in: followers.indices, using: &random))
        let answer = bench.hub.cancel(
            follower.watchID,
            on: follower.stream,
            in: bench.keyspace
        )
        if answer == nil { violations.append("a watch is not known any longer") }
    }

    private mutating func changeWritable() {
        let stream = anyStream()
        let isSlow = slow.contains(stream)
        bench.hub.setWritable(stream, isSlow)
        slow.removeAll { $0 == stream }
        // Unknown streams do not become slow.
        if !isSlow, followers.contains(where: { $0.stream == stream }) { slow.append(stream) }
    }

    private mutating func closeStream() {
        let stream = anyStream()
        bench.hub.close(stream)
        followers.removeAll { $0.stream == stream }
        slow.removeAll { $0 == stream }
    }

    private mutating func requestProgress() {
        let stream = anyStream()
        if let answer = bench.hub.requestProgress(on: stream, in: bench.keyspace) {
            check(answer)
        }
    }

    private mutating func notifyProgress() {
        var deliveries: [WatchDelivery] = []
        bench.hub.notifyProgress(on: anyStream(), into: &deliveries)
        for delivery in deliveries { check(delivery) }
    }

    private mutating func collect() {
        var deliveries: [WatchDelivery] = []
        bench.hub.collect(from: bench.keyspace, into: &deliveries)
        for delivery in deliveries {
            if slow.contains(delivery.stream) { violations.append("a slow stream is not spared") }
            check(delivery)
        }
    }
}

/// What must hold of each delivery.
extension WatchModel {
    private mutating func check(_ delivery: WatchDelivery) {
        let response = delivery.response
        if response.watchID == -1 {
            toldProgress += 1
            for follower in followers where follower.stream == delivery.stream {
                checkProgress(response, for: follower)
            }
            return
        }
        let place = followers.firstIndex {
            $0.stream == delivery.stream && $0.watchID == response.watchID
        }
        guard let place else { return violations.append("a delivery for nobody") }
        if response.canceled {
            checkEnd(response, for: followers.remove(at: place))
        } else if response.events.isEmpty {
            toldProgress += 1
            checkProgress(response, for: followers[place])
        } else {
            checkEvents(response, at: place)
        }
    }

    private mutating func checkProgress(_ response: WatchResponse, for follower: Follower) {
        let revision = Revision(response.header?.revision ?? 0)
        if let missing = expected(of: follower, upTo: revision).first {
            violations.append("progress at \(revision) before \(missing.change)")
        }
        if revision.number < follower.request.startRevision {
            violations.append("progress before the start")
        }
    }

    private mutating func checkEnd(_ response: WatchResponse, for follower: Follower) {
        endedByCompaction += 1
        let compactRevision = bench.keyspace.compactRevision
        if response.compactRevision != compactRevision.number || follower.next >= compactRevision {
            violations.append("ended without need")
        }
    }

    private mutating func checkEvents(_ response: WatchResponse, at place: Int) {
        let end = Revision(response.header?.revision ?? 0)
        let expected = expected(of: followers[place], upTo: end)
        deliveredEvents += response.events.count
        if response.events.map(\.change) != expected.map(\.change) {
            violations.append("\(response.changes) instead of \(expected.map(\.change))")
        }
        for (event, wanted) in zip(response.events, expected) where event != wanted {
            let revision = event.kv?.modRevision ?? 0
            let mayLackPrevious = revision <= bench.keyspace.compactRevision.number
            if !(mayLackPrevious && event.prevKv == nil && event.kv == wanted.kv) {
                violations.append("\(event) instead of \(wanted)")
            }
        }
        followers[place].next = end.next
    }

    /// What the follower still has to get of the history up to `end`.
    private func expected(of follower: Follower, upTo end: Revision) -> [Event] {
        let request = follower.request
        var events: [Event] = []
        for change in history where change.revision >= follower.next && change.revision <= end {
            for event in change.events where isWanted(event, by: request) {
                var event = event
                if !request.prevKv { event.prevKv = nil }
                events.append(event)
            }
        }
        return events
    }

    private func isWanted(_ event: Event, by request: WatchCreateRequest) -> Bool {
        guard let key = event.kv?.key else { return false }
        if request.filters.contains(event.type == .put ? .noPut : .noDelete) { return false }
        if request.rangeEnd.isEmpty { return key == request.key }
        return key >= request.key
            && (request.rangeEnd == ByteSlice([0]) || key < request.rangeEnd)
    }
}
