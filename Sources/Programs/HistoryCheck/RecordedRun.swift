internal import Bytes
internal import Checkers
internal import EtcdWire
internal import KeyspaceModel

/// All that was recorded of one run: several workloads on one keyspace, each with keys of its own
/// that begin with its name and a slash, and a watch on everything.
struct RecordedRun {
    /// The name under which the watch on everything is recorded, and what is judged of all together.
    static let whole = "cluster"

    private(set) var healed: UInt64 = 0

    private(set) var workloads: [String] = []
    private var operations: [String: [Operation]] = [:]
    private var watches: [String: [WatchHistory]] = [:]
    private var watchPlaces: [String: Int] = [:]

    /// When a revision was first told to any watcher; looked up only.
    private var seenAt: [Int64: UInt64] = [:]

    init() {}

    mutating func add(_ record: Record) throws(DecodeError) {
        if let healed = record.healed {
            self.healed = healed
            return
        }
        if !workloads.contains(record.workload) { workloads.append(record.workload) }
        if let watch = record.watch {
            try add(record, ofWatch: watch)
        } else if let operation = try record.operation() {
            operations[record.workload, default: []].append(operation)
        }
    }

    private mutating func add(_ record: Record, ofWatch name: String) throws(DecodeError) {
        if let request = record.request {
            return begin(try WatchCreateRequest(decoding: request), record, name)
        }
        guard let bytes = record.response, let place = watchPlaces["\(record.workload)/\(name)"],
            let session = watches[record.workload]?[place].sessions.indices.last
        else { throw .malformed("the watch \(name) is told of something before it begins") }
        let response = try WatchResponse(decoding: bytes)
        for event in response.events {
            guard let revision = event.kv?.modRevision else { continue }
            seenAt[revision] = min(seenAt[revision] ?? .max, record.at)
        }
        watches[record.workload]?[place].sessions[session].responses.append(response)
    }

    private mutating func begin(_ request: WatchCreateRequest, _ record: Record, _ name: String) {
        let key = "\(record.workload)/\(name)"
        let session = WatchSession(startRevision: request.startRevision)
        if let place = watchPlaces[key] {
            watches[record.workload]?[place].sessions.append(session)
            return
        }
        watchPlaces[key] = watches[record.workload]?.count ?? 0
        watches[record.workload, default: []].append(
            WatchHistory(
                name: name,
                key: request.key,
                rangeEnd: request.rangeEnd,
                wantsPuts: !request.filters.contains(.noPut),
                wantsDeletes: !request.filters.contains(.noDelete),
                wantsPrevious: request.prevKv,
                sessions: [session]
            )
        )
    }

    func watches(of workload: String) -> [WatchHistory] { watches[workload] ?? [] }

    /// What one workload did, among the changes of all; everything for `whole`.
    func history(of workload: String, _ changes: [HistoricChange]) -> History {
        guard workload != Self.whole else {
            return History(
                operations: workloads.flatMap { operations[$0] ?? [] },
                changes: changes
            )
        }
        var own = operations[workload] ?? []
        // Whoever compacts does so for everybody.
        for other in workloads where other != workload {
            own += (operations[other] ?? []).filter(\.isCompaction)
        }
        let owned = KeyInterval(prefix: ByteSlice("\(workload)/"))
        return History(operations: own, changes: changes, owned: owned)
    }

    /// Each revision once, as the watch on everything was told.
    func changes() -> [HistoricChange] {
        var changes: [HistoricChange] = []
        for watch in watches(of: Self.whole) {
            for event in watch.sessions.flatMap(\.responses).flatMap(\.events) {
                var event = event
                event.prevKv = nil
                guard let revision = event.kv?.modRevision else { continue }
                if let last = changes.last, last.revision >= revision {
                    if last.revision == revision { changes[changes.count - 1].events.append(event) }
                    continue
                }
                changes.append(
                    HistoricChange(
                        revision: revision,
                        events: [event],
                        seenAt: seenAt[revision] ?? 0
                    )
                )
            }
        }
        return changes
    }
}

extension Operation {
    fileprivate var isCompaction: Bool {
        guard case .compact = request else { return false }
        return true
    }
}
