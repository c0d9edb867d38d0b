internal import Bytes
internal import KeyspaceModel

/// Who made the revisions that no answer claims: a call without an answer, or a lease that ended.
///
/// The changes fix the state before each revision, so whether a call could have made a revision does
/// not depend on the others; only that each call makes at most one. That is a bipartite matching,
/// kept as large as possible while revisions come (augmenting paths).
struct Explanations {
    private let operations: [Operation]

    /// Calls whose effect is not known, and the highest revision seen before each.
    private let open: [(place: Int, seenBefore: Int64)]

    /// What each of them may put, at first sight: most calls put what no other does.
    private let puts: [Set<ByteSlice>]

    /// For each revision that nobody claims, which of `open` could have made it, and whether a
    /// lease's end could have, too.
    private var candidates: [(calls: [Int], mayBeLeaseEnd: Bool)] = []

    /// For each of `open`, which of `candidates` it explains.
    private var explains: [Int?]

    init(_ operations: [Operation], _ order: RealTimeOrder) {
        self.operations = operations
        var open: [(place: Int, seenBefore: Int64)] = []
        for (place, operation) in operations.enumerated() where operation.outcome == .unknown {
            switch operation.request {
            case .put, .deleteRange, .txn: open.append((place, order.seenBefore[place]))
            case .range, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: break
            }
        }
        self.open = open
        puts = open.map { Set(operations[$0.place].request.valuesPut) }
        explains = [Int?](repeating: nil, count: open.count)
    }

    /// Explains the next revision, whose state before is `model`; returns the lease's end, if it is
    /// the only explanation.
    mutating func explain(
        _ change: HistoricChange,
        _ model: ReferenceKeyspace
    ) throws(Violation) -> LeaseEnd? {
        let end = LeaseEnd(change, model)
        let values = change.events.compactMap { $0.type == .put ? $0.kv?.value : nil }
        let able = open.indices.filter { place in
            open[place].seenBefore < change.revision && puts[place].isSuperset(of: values)
                && canExplain(operations[open[place].place], change, model)
        }
        if able.isEmpty, let end { return end }
        candidates.append((able, end != nil))
        var visited = [Bool](repeating: false, count: open.count)
        if augment(candidates.count - 1, &visited) { return nil }
        // A lease may have ended, though a call might have done the same.
        if end != nil { return nil }
        throw Violation(
            .strictSerializability,
            "nobody made revision \(change.revision): \(lines(of: change.events))"
        )
    }

    private func canExplain(
        _ operation: Operation,
        _ change: HistoricChange,
        _ model: ReferenceKeyspace
    ) -> Bool {
        var model = model
        return model.apply(operation.request)?.events == change.events
    }

    private mutating func augment(_ revision: Int, _ visited: inout [Bool]) -> Bool {
        for call in candidates[revision].calls where !visited[call] {
            visited[call] = true
            if let held = explains[call], !candidates[held].mayBeLeaseEnd,
                !augment(held, &visited)
            {
                continue
            }
            explains[call] = revision
            return true
        }
        return false
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
}
