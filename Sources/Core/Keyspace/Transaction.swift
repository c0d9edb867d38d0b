internal import Bytes
public import KeyspaceModel
internal import Model

/// Transactions.
///
/// A transaction runs in three passes, so that nothing is written unless everything can be: all
/// compares, nested ones too, decide against the state before it which branches are taken; the
/// operations of these branches are checked against that same state; then they are carried out.
/// The branches are listed in the order in which the passes come to them.
extension Keyspace {
    /// Whether a transaction can be served without the log, as a read.
    public static func isReadOnly(_ request: TxnRequest) -> Bool {
        areReadOnly(request.success) && areReadOnly(request.failure)
    }

    private static func areReadOnly(_ operations: [RequestOp]) -> Bool {
        operations.allSatisfy { operation in
            switch operation.request {
            case .requestRange, nil: true
            case .requestPut, .requestDeleteRange: false
            case .requestTxn(let nested): isReadOnly(nested)
            }
        }
    }

    /// Answers a transaction that only reads; one that writes changes nothing here.
    public func read(_ request: TxnRequest) throws(KeyspaceError) -> TxnResponse {
        var copy = self
        return try copy.transact(request)
    }

    mutating func transact(_ request: TxnRequest) throws(KeyspaceError) -> TxnResponse {
        try Self.check(request)
        var branches: [Bool] = []
        chooseBranches(of: request, into: &branches)
        var choice = branches.startIndex
        try check(request, branches, &choice)
        var writes = Writes(after: revision)
        choice = branches.startIndex
        #if MARTLET_MUTANTS
        defer { if mutant == .readFailsAfterWrites { finish(writes) } }
        #endif
        var response = try run(request, branches, &choice, &writes)
        finish(writes)
        response.header = header
        return response
    }

    private func chooseBranches(of request: TxnRequest, into branches: inout [Bool]) {
        let succeeded = request.compare.allSatisfy(holds)
        branches.append(succeeded)
        for operation in succeeded ? request.success : request.failure {
            if case .requestTxn(let nested)? = operation.request {
                chooseBranches(of: nested, into: &branches)
            }
        }
    }

    /// What a read or a put may find wrong, before anything is written.
    private func check(
        _ request: TxnRequest,
        _ branches: [Bool],
        _ choice: inout Int
    ) throws(KeyspaceError) {
        let succeeded = branches[choice]
        choice += 1
        for operation in succeeded ? request.success : request.failure {
            switch operation.request {
            case .requestRange(let range): try checkRevision(of: range)
            case .requestPut(let put):
                try checkExistence(for: put)
                try checkLease(of: put)
            case .requestDeleteRange, nil: break
            case .requestTxn(let nested): try check(nested, branches, &choice)
            }
        }
    }

    /// A negative revision is latest in a range, but may be called compacted in a transaction: so
    /// does etcd.
    private func checkRevision(of request: RangeRequest) throws(KeyspaceError) {
        #if MARTLET_MUTANTS
        if mutant == .readFailsAfterWrites { return }
        #endif
        guard request.revision != 0 else { return }
        guard request.revision <= revision.number else { throw .futureRevision }
        guard request.revision >= compactRevision.number else { throw .compacted }
    }

    private mutating func run(
        _ request: TxnRequest,
        _ branches: [Bool],
        _ choice: inout Int,
        _ writes: inout Writes
    ) throws(KeyspaceError) -> TxnResponse {
        let succeeded = takes(request, branches, choice)
        choice += 1
        let operations = succeeded ? request.success : request.failure
        writes.isCopyingBytes =
            writes.isCopyingBytes || operations.count > Limits.writesSharingBytesMax
        // A nested transaction's header is there and empty; the outermost gets its revision last.
        var response = TxnResponse(header: ResponseHeader(), succeeded: succeeded)
        response.responses.reserveCapacity(operations.count)
        for operation in operations {
            let answer = try run(operation, branches, &choice, &writes)
            response.responses.append(ResponseOp(response: answer))
        }
        return response
    }

    private mutating func run(
        _ operation: RequestOp,
        _ branches: [Bool],
        _ choice: inout Int,
        _ writes: inout Writes
    ) throws(KeyspaceError) -> ResponseOp.Response? {
        switch operation.request {
        case .requestRange(let request):
            .responseRange(try range(request, seeing: writes.visibleRevision))
        case .requestPut(let request): .responsePut(put(request, &writes))
        case .requestDeleteRange(let request): .responseDeleteRange(deleteRange(request, &writes))
        case .requestTxn(let request):
            .responseTxn(try run(request, branches, &choice, &writes))
        case nil: nil
        }
    }

    private func takes(_ request: TxnRequest, _ branches: [Bool], _ choice: Int) -> Bool {
        #if MARTLET_MUTANTS
        if mutant == .comparesSeeEarlierWrites { return request.compare.allSatisfy(holds) }
        #endif
        return branches[choice]
    }
}

/// Compares.
extension Keyspace {
    /// Whether every key of the range is as the compare says.
    ///
    /// A range without keys compares like a key of zeros, but for values: of those, no comparison
    /// holds, as the wire cannot tell a missing value from an empty one.
    private func holds(_ compare: Compare) -> Bool {
        var isEmpty = true
        var holds = true
        history.newest.visit(KeyRange(key: compare.key, rangeEnd: compare.rangeEnd)) { version in
            #if MARTLET_MUTANTS
            if mutant == .comparesSeeDeletedKeys, compare.target == .create, version.isTombstone,
                let deleted = history.predecessor(of: version)
            {
                isEmpty = false
                holds = compare.holds(for: deleted)
                return holds
            }
            #endif
            guard !version.isTombstone else { return true }
            isEmpty = false
            holds = compare.holds(for: version)
            return holds
        }
        guard isEmpty else { return holds }
        #if MARTLET_MUTANTS
        if mutant == .missingKeysCompareFalse { return false }
        #endif
        return compare.target != .value && compare.holds(for: nil)
    }
}

extension Compare {
    func holds(for version: KeyVersion?) -> Bool {
        let order = order(of: version)
        return switch result {
        case .equal: order == 0
        case .notEqual: order != 0
        case .greater: order > 0
        case .less: order < 0
        case .unrecognized: true
        }
    }

    /// The version's property against the compare's; one that was not given counts as zero.
    private func order(of version: KeyVersion?) -> Int {
        switch target {
        case .version:
            var given: Int64 = 0
            if case .version(let number)? = targetUnion { given = number }
            return Self.order(version?.version ?? 0, given)
        case .create:
            var given: Int64 = 0
            if case .createRevision(let number)? = targetUnion { given = number }
            return Self.order(version?.createRevision.number ?? 0, given)
        case .mod:
            var given: Int64 = 0
            if case .modRevision(let number)? = targetUnion { given = number }
            return Self.order(version?.position.revision.number ?? 0, given)
        case .lease:
            var given: Int64 = 0
            if case .lease(let number)? = targetUnion { given = number }
            return Self.order(version?.lease.number ?? 0, given)
        case .value:
            var given = ByteSlice.empty
            if case .value(let bytes)? = targetUnion { given = bytes }
            return (version?.value ?? .empty).order(against: given)
        case .unrecognized: return 0
        }
    }

    private static func order(_ left: Int64, _ right: Int64) -> Int {
        left < right ? -1 : left == right ? 0 : 1
    }
}
