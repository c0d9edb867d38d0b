internal import Bytes
internal import KeyspaceModel

/// Calls whose effect is not known, equal ones together, found by what they may do.
///
/// Whether a call can have made a revision depends on its request alone, so it is asked once for all
/// that are equal: deletions of the same keys, mostly. Most puts put what no other does.
struct OpenCalls {
    struct Kind {
        let request: OperationRequest

        /// Places among `seenBefore`, by that, lowest first.
        var calls: [Int] = []

        /// Those that explain nothing yet, the same way.
        var free: [Int] = []
    }

    private(set) var kinds: [Kind] = []

    /// For each call, the highest revision seen before it: what it made came later.
    private(set) var seenBefore: [Int64] = []

    /// Of each call, its place in `kinds`.
    private(set) var kindOfCall: [Int] = []

    // Places in `kinds`, each in order; looked up only.
    private var byValuePut: [ByteSlice: [Int]] = [:]
    private var byKeyDeleted: [ByteSlice: [Int]] = [:]

    /// Those that delete ranges, or delete inside a transaction.
    private var othersDeleting: [Int] = []

    init(_ operations: [Operation], _ order: RealTimeOrder) {
        var calls: [(request: OperationRequest, seenBefore: Int64)] = []
        for (place, operation) in operations.enumerated() where operation.outcome == .unknown {
            switch operation.request {
            case .put, .deleteRange, .txn:
                calls.append((operation.request, order.seenBefore[place]))
            case .range, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: break
            }
        }
        for call in calls.sorted(by: { $0.seenBefore < $1.seenBefore }) {
            let kind = place(of: call.request)
            kinds[kind].calls.append(seenBefore.count)
            kindOfCall.append(kind)
            seenBefore.append(call.seenBefore)
        }
        for place in kinds.indices { kinds[place].free = kinds[place].calls }
    }

    private mutating func place(of request: OperationRequest) -> Int {
        let values = request.valuesPut
        let similar: [Int]
        if let value = values.first {
            similar = byValuePut[value] ?? []
        } else if let key = request.keyDeleted {
            similar = byKeyDeleted[key] ?? []
        } else {
            similar = othersDeleting
        }
        if let known = similar.first(where: { kinds[$0].request == request }) { return known }
        let place = kinds.count
        kinds.append(Kind(request: request))
        for value in Set(values) { byValuePut[value, default: []].append(place) }
        if let key = request.keyDeleted {
            byKeyDeleted[key, default: []].append(place)
        } else if values.isEmpty || request.mayDelete {
            othersDeleting.append(place)
        }
        return place
    }

    /// Kinds of calls that may have made a change, at first sight.
    func kinds(thatMayMake change: HistoricChange) -> [Int] {
        for event in change.events where event.type == .put {
            return event.kv.flatMap { byValuePut[$0.value] } ?? []
        }
        guard let key = change.events.first?.kv?.key else { return [] }
        return (byKeyDeleted[key] ?? []) + othersDeleting
    }

    /// Takes a free call of the kind that may have made the revision: the latest one, as the earlier
    /// ones may have made earlier revisions, too.
    mutating func takeFree(_ kind: Int, for revision: Int64) -> Int? {
        let free = kinds[kind].free
        guard let place = free.lastIndex(where: { seenBefore[$0] < revision }) else { return nil }
        return kinds[kind].free.remove(at: place)
    }
}

extension OperationRequest {
    /// The values that it puts, if it puts all that it may.
    fileprivate var valuesPut: [ByteSlice] {
        switch self {
        case .put(let request): [request.value]
        case .txn(let request): request.valuesPut
        case .deleteRange, .range, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: []
        }
    }

    /// The key of a deletion of one key alone.
    fileprivate var keyDeleted: ByteSlice? {
        guard case .deleteRange(let request) = self, request.rangeEnd.isEmpty else { return nil }
        return request.key
    }

    fileprivate var mayDelete: Bool {
        switch self {
        case .deleteRange: true
        case .txn(let request): request.mayDelete
        case .put, .range, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: false
        }
    }
}

extension TxnRequest {
    fileprivate var valuesPut: [ByteSlice] {
        (success + failure).flatMap { operation in
            switch operation.request {
            case .requestPut(let request): [request.value]
            case .requestTxn(let request): request.valuesPut
            case .requestRange, .requestDeleteRange, nil: [ByteSlice]()
            }
        }
    }

    fileprivate var mayDelete: Bool {
        (success + failure).contains { operation in
            switch operation.request {
            case .requestDeleteRange: true
            case .requestTxn(let request): request.mayDelete
            case .requestRange, .requestPut, nil: false
            }
        }
    }
}
