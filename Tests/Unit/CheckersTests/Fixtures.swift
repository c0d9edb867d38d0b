import Bytes
import Checkers
import KeyspaceModel

/// One operation at given times, answered.
func answered(
    _ request: OperationRequest,
    _ response: OperationResponse,
    at times: ClosedRange<UInt64>,
    revision: Int64
) -> Operation {
    Operation(
        client: 1,
        request: request,
        invoked: times.lowerBound,
        outcome: .succeeded(response.bearing(revision), at: times.upperBound)
    )
}

func put(_ key: ByteSlice, _ value: ByteSlice, lease: Int64 = 0) -> OperationRequest {
    .put(PutRequest(key: key, value: value, lease: lease))
}

func get(_ key: ByteSlice, at revision: Int64 = 0) -> OperationRequest {
    .range(RangeRequest(key: key, revision: revision))
}

/// The change that the next put makes to an empty keyspace.
func change(
    _ revision: Int64,
    _ key: ByteSlice,
    _ value: ByteSlice,
    lease: Int64 = 0,
    createRevision: Int64? = nil,
    version: Int64 = 1,
    seenAt: UInt64 = 0
) -> HistoricChange {
    let keyValue = KeyValue(
        key: key,
        createRevision: createRevision ?? revision,
        modRevision: revision,
        version: version,
        value: value,
        lease: lease
    )
    return HistoricChange(
        revision: revision,
        events: [Event(type: .put, kv: keyValue)],
        seenAt: seenAt
    )
}

func deletion(_ revision: Int64, _ keys: ByteSlice..., seenAt: UInt64 = 0) -> HistoricChange {
    let events = keys.map { Event(type: .delete, kv: KeyValue(key: $0, modRevision: revision)) }
    return HistoricChange(revision: revision, events: events, seenAt: seenAt)
}
