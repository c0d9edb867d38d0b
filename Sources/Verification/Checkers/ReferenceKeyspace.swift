public import Bytes
public import KeyspaceModel

/// A keyspace as simple as it can be: sorted keys, no history, no leases of its own.
///
/// It is the judge of the real one, so it shares none of its code. Requests it does not know
/// (reads of earlier revisions inside a transaction, `ignore_value`) must not be given to it.
public struct ReferenceKeyspace: Sendable {
    /// The revision of a keyspace that nobody has written to.
    public static let initialRevision: Int64 = 1

    public private(set) var revision = Self.initialRevision

    private var stored = SortedKeyValues()

    public init() {}

    /// What a request answers and changes, if it is the next to be applied.
    public struct Effect: Sendable {
        public var response: OperationResponse
        public var events: [Event]
    }

    /// Applies a put, deletion or transaction; the revision rises if it changes anything.
    ///
    /// Nil, and nothing is changed, if it asks for a revision that is still to come.
    public mutating func apply(_ request: OperationRequest) -> Effect? {
        var change = Change(revision: revision + 1)
        let response: OperationResponse
        switch request {
        case .put(let request): response = .put(put(request, &change))
        case .deleteRange(let request): response = .deleteRange(delete(request, &change))
        case .txn(let request):
            let before = self
            response = .txn(txn(request, &change))
            guard !change.isRefused else {
                self = before
                return nil
            }
        case .range(let request): response = .range(range(request))
        case .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: return nil
        }
        if !change.events.isEmpty { revision = change.revision }
        return Effect(response: response, events: change.events)
    }

    /// Applies what is known to have happened at the next revision.
    public mutating func apply(_ change: HistoricChange) {
        revision = change.revision
        for event in change.events {
            guard let keyValue = event.kv else { continue }
            switch event.type {
            case .put: insert(keyValue)
            case .delete: remove(keyValue.key)
            case .unrecognized: break
            }
        }
    }

    /// Sorted by key.
    public var keyValues: [KeyValue] { stored.all }

    public func value(of key: ByteSlice) -> KeyValue? { stored.value(of: key) }

    func keyValues(in interval: KeyInterval) -> [KeyValue] { stored.keyValues(in: interval) }

    /// The current keys of a request; its own `revision` is the caller's to see to.
    public func range(_ request: RangeRequest) -> RangeResponse {
        let interval = KeyInterval(key: request.key, rangeEnd: request.rangeEnd)
        var found = keyValues(in: interval)
        let count = found.count
        if request.sortOrder == .descend { found.reverse() }
        let isCut = request.limit > 0 && found.count > Int(request.limit)
        if isCut { found.removeLast(found.count - Int(request.limit)) }
        if request.keysOnly { for place in found.indices { found[place].value = .empty } }
        if request.countOnly { found = [] }
        return RangeResponse(
            kvs: found,
            more: isCut && !request.countOnly,
            count: Int64(count)
        )
    }
}

extension ReferenceKeyspace {
    private struct Change {
        var revision: Int64
        var events: [Event] = []

        /// Something was asked for that a transaction must be refused for, as a whole.
        var isRefused = false
    }

    private mutating func put(_ request: PutRequest, _ change: inout Change) -> PutResponse {
        let previous = value(of: request.key)
        let keyValue = KeyValue(
            key: request.key,
            createRevision: previous?.createRevision ?? change.revision,
            modRevision: change.revision,
            version: (previous?.version ?? 0) + 1,
            value: request.value,
            lease: request.lease
        )
        insert(keyValue)
        change.events.append(Event(type: .put, kv: keyValue))
        return PutResponse(prevKv: request.prevKv ? previous : nil)
    }

    private mutating func delete(
        _ request: DeleteRangeRequest,
        _ change: inout Change
    ) -> DeleteRangeResponse {
        let interval = KeyInterval(key: request.key, rangeEnd: request.rangeEnd)
        let deleted = keyValues(in: interval)
        for keyValue in deleted {
            remove(keyValue.key)
            let tombstone = KeyValue(key: keyValue.key, modRevision: change.revision)
            change.events.append(Event(type: .delete, kv: tombstone))
        }
        return DeleteRangeResponse(
            deleted: Int64(deleted.count),
            prevKvs: request.prevKv ? deleted : []
        )
    }

    private mutating func txn(_ request: TxnRequest, _ change: inout Change) -> TxnResponse {
        // Conditions see what was before the whole transaction, nested ones too.
        let before = self
        return txn(request, conditionsOn: before, &change)
    }

    private mutating func txn(
        _ request: TxnRequest,
        conditionsOn before: ReferenceKeyspace,
        _ change: inout Change
    ) -> TxnResponse {
        let succeeded = request.compare.allSatisfy { before.meets($0) }
        var responses: [ResponseOp] = []
        for operation in succeeded ? request.success : request.failure {
            switch operation.request {
            case .requestRange(let request):
                if request.revision > before.revision { change.isRefused = true }
                responses.append(ResponseOp(response: .responseRange(range(request))))
            case .requestPut(let request):
                responses.append(ResponseOp(response: .responsePut(put(request, &change))))
            case .requestDeleteRange(let request):
                let response = delete(request, &change)
                responses.append(ResponseOp(response: .responseDeleteRange(response)))
            case .requestTxn(let request):
                let response = txn(request, conditionsOn: before, &change)
                responses.append(ResponseOp(response: .responseTxn(response)))
            case nil: responses.append(ResponseOp())
            }
        }
        return TxnResponse(succeeded: succeeded, responses: responses)
    }

    private func meets(_ compare: Compare) -> Bool {
        guard !compare.rangeEnd.isEmpty else { return meets(compare, value(of: compare.key)) }
        let interval = KeyInterval(key: compare.key, rangeEnd: compare.rangeEnd)
        let found = keyValues(in: interval)
        return found.isEmpty ? meets(compare, nil) : found.allSatisfy { meets(compare, $0) }
    }

    /// A missing key compares as zero, but its value compares with nothing.
    private func meets(_ compare: Compare, _ keyValue: KeyValue?) -> Bool {
        switch compare.targetUnion {
        case .version(let number): ordered(keyValue?.version ?? 0, number, compare.result)
        case .createRevision(let number):
            ordered(keyValue?.createRevision ?? 0, number, compare.result)
        case .modRevision(let number): ordered(keyValue?.modRevision ?? 0, number, compare.result)
        case .lease(let number): ordered(keyValue?.lease ?? 0, number, compare.result)
        case .value(let value):
            if let keyValue { ordered(keyValue.value, value, compare.result) } else { false }
        case nil: false
        }
    }

    private func ordered<Operand: Comparable>(
        _ left: Operand,
        _ right: Operand,
        _ result: Compare.CompareResult
    ) -> Bool {
        switch result {
        case .equal: left == right
        case .notEqual: left != right
        case .greater: left > right
        case .less: left < right
        case .unrecognized: false
        }
    }

    private mutating func insert(_ keyValue: KeyValue) { stored.insert(keyValue) }

    private mutating func remove(_ key: ByteSlice) { stored.remove(key) }
}
