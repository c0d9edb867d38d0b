internal import Bytes
internal import Checkers
internal import KeyspaceModel
internal import Model

/// One client: calls one thing at a time on some node, and remembers what it learned.
struct SimulatedClient {
    let place: Int

    /// Which of the keyspaces it uses.
    let keyspace: Int
    var random: SeededGenerator
    var call: Call?
    var nextRequest: UInt64 = 1
    var successesSinceHeal = 0

    /// What it has seen: the newest revision, and of each key the newest mod revision.
    private var revision: Int64 = 1
    private var modRevisions: [Int64]
    private var compacted: Int64 = 0

    /// The newest revision that this client deleted something in.
    private var deletion: Int64 = 0
    var lessee: Lessee
    private var lockUser: LockUser
    private var valueCount = 0
    private let compacts: Bool

    /// The node that it called last, if that one answered.
    var home: Int?

    /// The node that it calls whatever happens, and until when.
    var stay: (node: Int, until: UInt64)?

    struct Call {
        var request: UInt64
        var node: Int
        var boot: UInt64

        /// How often a leader had been elected before.
        var elections: Int

        /// Its place in the history.
        var operation: Int
    }

    init(place: Int, options: SimulationOptions) {
        self.place = place
        keyspace = place % options.keyspaces
        random = SeededGenerator(seed: options.seed, subsystem: "client", number: place)
        modRevisions = [Int64](repeating: 0, count: options.keys)
        lessee = Lessee(place: place, options: options)
        lockUser = LockUser(place: place, options: options)
        compacts = options.has(.compaction)
    }

    static func key(_ number: Int) -> ByteSlice { ByteSlice("key/\(number / 10)\(number % 10)") }

    private mutating func anyKey() -> Int { random.below(modRevisions.count) }

    private mutating func anyValue() -> ByteSlice {
        valueCount += 1
        let filler = random.happens(permille: 30) ? String(repeating: "x", count: 3_000) : ""
        return ByteSlice("c\(place)-\(valueCount)\(filler)")
    }
}

extension SimulatedClient {
    mutating func nextOperation(at now: UInt64) -> OperationRequest {
        if let request = lessee.pressing(at: now) { return .leaseKeepAlive(request) }
        if let lease = lessee.takeRenewed() { return .put(anyPut(anyKey(), lease: lease)) }
        if let request = lessee.neededGrant() { return .leaseGrant(request) }
        if let request = lockUser.next(lease: lessee.newest) { return .txn(request) }
        let choice = random.below(100)
        if lessee.usesLeases, choice >= 84 { return leaseOperation() }
        switch choice {
        case 0..<28: return .put(anyPut(anyKey()))
        case 28..<44: return .range(anyGet())
        case 44..<54: return .range(anyRange())
        case 54..<61:
            return .deleteRange(
                DeleteRangeRequest(
                    key: Self.key(anyKey()),
                    prevKv: random.happens(permille: 300)
                )
            )
        case 61..<64: return .deleteRange(anyDeletion())
        case 64..<80: return .txn(anyTransaction())
        case 80..<84:
            if compacts, let request = anyCompaction() { return .compact(request) }
            return .range(anyRange())
        default: return .txn(anyTransaction())
        }
    }

    private mutating func leaseOperation() -> OperationRequest {
        switch lessee.anyOperation() {
        case .grant(let request): .leaseGrant(request)
        case .revoke(let request): .leaseRevoke(request)
        case .keepAlive(let request): .leaseKeepAlive(request)
        case .put(let lease): .put(anyPut(anyKey(), lease: lease))
        }
    }

    private mutating func anyPut(_ key: Int, lease: Int64 = 0) -> PutRequest {
        PutRequest(
            key: Self.key(key),
            value: anyValue(),
            lease: lease,
            prevKv: random.happens(permille: 300)
        )
    }

    private mutating func anyGet() -> RangeRequest {
        var request = RangeRequest(key: Self.key(anyKey()))
        request.serializable = random.happens(permille: 150)
        if random.happens(permille: 200), revision > compacted {
            request.revision = Int64(random.between(Int(max(compacted, 1))...Int(revision)))
        }
        return request
    }

    private mutating func anyRange() -> RangeRequest {
        var request = RangeRequest(key: "key/", rangeEnd: "key0")
        if random.happens(permille: 300) { request.limit = Int64(random.between(1...4)) }
        if random.happens(permille: 100) { request.keysOnly = true }
        if random.happens(permille: 100) { request.countOnly = true }
        if random.happens(permille: 200) { request.sortOrder = .descend }
        request.serializable = random.happens(permille: 100)
        return request
    }

    private mutating func anyDeletion() -> DeleteRangeRequest {
        let first = anyKey()
        return DeleteRangeRequest(
            key: Self.key(first),
            rangeEnd: Self.key(first + random.between(1...4)),
            prevKv: true
        )
    }

    /// Compare and swap, mostly; now and then with a nested transaction.
    private mutating func anyTransaction() -> TxnRequest {
        let key = anyKey()
        let compare = Compare(
            result: random.happens(permille: 900) ? .equal : .greater,
            target: .mod,
            key: Self.key(key),
            targetUnion: .modRevision(modRevisions[key])
        )
        var request = TxnRequest(
            compare: [compare],
            success: [RequestOp(request: .requestPut(anyPut(key)))],
            failure: [RequestOp(request: .requestRange(RangeRequest(key: Self.key(key))))]
        )
        let other = (key + 1) % modRevisions.count
        guard other != key else { return request }
        if random.happens(permille: 400) {
            request.success.append(RequestOp(request: .requestPut(anyPut(other))))
        } else if random.happens(permille: 300) {
            let deletion = DeleteRangeRequest(key: Self.key(other), prevKv: true)
            request.success.append(RequestOp(request: .requestDeleteRange(deletion)))
        } else if random.happens(permille: 300) {
            // Of the key that was just put, too: conditions see what was before the whole.
            let compared = random.happens(permille: 500) ? key : other
            let nested = TxnRequest(
                compare: [
                    Compare(
                        result: .equal,
                        target: .version,
                        key: Self.key(compared),
                        targetUnion: .version(0)
                    )
                ],
                success: [RequestOp(request: .requestPut(anyPut(other)))],
                failure: [RequestOp(request: .requestRange(Self.transactionRange()))]
            )
            request.success.append(RequestOp(request: .requestTxn(nested)))
        }
        if random.happens(permille: 60) {
            // Refused as a whole, whatever comes before (etcd #18667).
            let future = Self.transactionRange(at: Self.revisionNeverReached)
            request.success.append(RequestOp(request: .requestRange(future)))
        }
        return request
    }

    private static let revisionNeverReached: Int64 = 1 << 40

    private static func transactionRange(at revision: Int64 = 0) -> RangeRequest {
        RangeRequest(key: "key/", rangeEnd: "key0", revision: revision)
    }

    /// Never beyond what this client has seen, so that the changes are known by then.
    private mutating func anyCompaction() -> CompactionRequest? {
        guard revision > compacted + 1 else { return nil }
        var target = random.between(Int(compacted) + 1...Int(revision))
        // The revision of a deletion is where compaction is easily wrong (etcd #18089).
        if deletion > compacted, random.happens(permille: 500) { target = Int(deletion) }
        return CompactionRequest(revision: Int64(target), physical: random.happens(permille: 300))
    }
}

extension SimulatedClient {
    /// Takes from an answer what later calls build on.
    mutating func learn(
        _ request: OperationRequest,
        _ outcome: OperationOutcome,
        invoked: UInt64
    ) {
        lessee.learn(request, outcome, invoked: invoked)
        lockUser.learn(request, outcome)
        switch (request, outcome) {
        case (_, .succeeded(.put(let response), _)):
            see(response.header)
            if case .put(let request) = request { note(request.key, response.header?.revision) }
        case (_, .succeeded(.range(let response), _)):
            see(response.header)
            for keyValue in response.kvs { note(keyValue.key, keyValue.modRevision) }
        case (_, .succeeded(.deleteRange(let response), _)):
            see(response.header)
            if response.deleted > 0 { deletion = response.header?.revision ?? deletion }
        case (_, .succeeded(.txn(let response), _)):
            see(response.header)
            learn(response)
        case (.compact(let request), .succeeded): compacted = max(compacted, request.revision)
        case (.range(let request), .rejected(.compacted, _)):
            compacted = max(compacted, request.revision)
        case (.compact(let request), .rejected(.compacted, _)):
            compacted = max(compacted, request.revision)
        default: return
        }
    }

    private mutating func learn(_ response: TxnResponse) {
        for operation in response.responses {
            guard case .responseRange(let range) = operation.response else { continue }
            for keyValue in range.kvs { note(keyValue.key, keyValue.modRevision) }
        }
    }

    private mutating func see(_ header: ResponseHeader?) {
        revision = max(revision, header?.revision ?? 0)
    }

    private mutating func note(_ key: ByteSlice, _ modRevision: Int64?) {
        guard let modRevision,
            let number = modRevisions.indices.first(where: { Self.key($0) == key })
        else { return }
        modRevisions[number] = max(modRevisions[number], modRevision)
    }
}
