import Bytes
import Keyspace
import KeyspaceModel
import Model

/// A keyspace, its watches, and what was delivered.
struct WatchBench {
    var keyspace = Keyspace()
    var hub = WatchHub()
    var deliveries: [WatchDelivery] = []

    let stream = WatchStreamID(client: 1, request: 1)
    let otherStream = WatchStreamID(client: 2, request: 1)

    mutating func put(_ key: ByteSlice, _ value: ByteSlice = "value") {
        _ = keyspace.apply(.put(PutRequest(key: key, value: value)), at: .zero)
    }

    mutating func delete(_ key: ByteSlice, to end: ByteSlice = .empty) {
        let request = DeleteRangeRequest(key: key, rangeEnd: end)
        _ = keyspace.apply(.deleteRange(request), at: .zero)
    }

    mutating func putTogether(_ keys: [ByteSlice]) {
        let puts = keys.map {
            RequestOp(request: .requestPut(PutRequest(key: $0, value: "together")))
        }
        _ = keyspace.apply(.txn(TxnRequest(success: puts)), at: .zero)
    }

    mutating func compact(_ revision: Int64) {
        _ = keyspace.apply(.compact(CompactionRequest(revision: revision)), at: .zero)
    }

    @discardableResult
    mutating func watch(
        _ request: WatchCreateRequest,
        on stream: WatchStreamID? = nil
    ) -> [WatchResponse] {
        hub.create(request, on: stream ?? self.stream, in: keyspace).map(\.response)
    }

    /// What one collect delivers.
    mutating func collect() -> [WatchResponse] {
        var deliveries: [WatchDelivery] = []
        hub.collect(from: keyspace, into: &deliveries)
        return deliveries.map(\.response)
    }

    /// What is delivered until nothing is left to do.
    mutating func collectAll() -> [WatchResponse] {
        var all = collect()
        while hub.hasBacklog { all += collect() }
        return all
    }
}

extension WatchResponse {
    /// `put a@2` for each event.
    var changes: [String] { events.map(\.change) }
}

extension Event {
    var change: String { "\(type) \(kv?.key.text ?? "?")@\(kv?.modRevision ?? 0)" }
}
