internal import Bytes
public import KeyspaceModel

/// What etcd refuses before a request gets anywhere: needs no keyspace.
extension Keyspace {
    public static func check(_ request: RangeRequest) throws(KeyspaceError) {
        guard !request.key.isEmpty else { throw .keyNotProvided }
        if case .unrecognized = request.sortOrder { throw .invalidSortOption }
        if case .unrecognized = request.sortTarget { throw .invalidSortOption }
    }

    public static func check(_ request: PutRequest) throws(KeyspaceError) {
        guard !request.key.isEmpty else { throw .keyNotProvided }
        guard !request.ignoreValue || request.value.isEmpty else { throw .valueProvided }
        guard !request.ignoreLease || request.lease == 0 else { throw .leaseProvided }
    }

    public static func check(_ request: DeleteRangeRequest) throws(KeyspaceError) {
        guard !request.key.isEmpty else { throw .keyNotProvided }
    }

    public static func check(_ request: TxnRequest) throws(KeyspaceError) {
        var total = 0
        try check(request, operationsMax: Limits.operationsMax, &total)
        try WriteConflicts.check(request)
    }

    /// The longest list counts, and nested lists may have only what it leaves.
    private static func check(
        _ request: TxnRequest,
        operationsMax: Int,
        _ total: inout Int
    ) throws(KeyspaceError) {
        let longest = max(request.compare.count, request.success.count, request.failure.count)
        total += request.success.count + request.failure.count
        guard longest <= operationsMax, total <= Limits.operationsTotalMax else {
            throw .tooManyOperations
        }
        for compare in request.compare where compare.key.isEmpty { throw .keyNotProvided }
        let rest = operationsMax - longest
        for operation in request.success { try check(operation, operationsMax: rest, &total) }
        for operation in request.failure { try check(operation, operationsMax: rest, &total) }
    }

    private static func check(
        _ operation: RequestOp,
        operationsMax: Int,
        _ total: inout Int
    ) throws(KeyspaceError) {
        switch operation.request {
        case .requestRange(let request): try check(request)
        case .requestPut(let request): try check(request)
        case .requestDeleteRange(let request): try check(request)
        case .requestTxn(let request):
            try check(request, operationsMax: operationsMax, &total)
        case nil: throw .keyNotFound
        }
    }
}
