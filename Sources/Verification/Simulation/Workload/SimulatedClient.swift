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
    private var leases: [Int64] = []

    /// The lease to keep alive at the last moment, and that moment.
    private(set) var brink: (lease: Int64, time: UInt64)?
    private var leaseCount: Int64 = 0

    /// The lease that was just renewed, so that it must be there.
    private var renewed: Int64?
    private var valueCount = 0
    private let usesLeases: Bool
    private let compacts: Bool

    struct Call {
        var request: UInt64
        var node: Int
        var boot: UInt64

        /// Its place in the history.
        var operation: Int
    }

    init(place: Int, options: SimulationOptions) {
        self.place = place
        keyspace = place % options.keyspaces
        random = SeededGenerator(seed: options.seed, subsystem: "client", number: place)
        modRevisions = [Int64](repeating: 0, count: options.keys)
        usesLeases = options.has(.leases)
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
        if let brink, now >= brink.time {
            self.brink = nil
            return .leaseKeepAlive(LeaseKeepAliveRequest(id: brink.lease))
        }
        if let lease = renewed {
            renewed = nil
            var request = anyPut(anyKey())
            request.lease = lease
            return .put(request)
        }
        let choice = random.below(100)
        if usesLeases, choice >= 84 { return leaseOperation(choice) }
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

    private mutating func leaseOperation(_ choice: Int) -> OperationRequest {
        guard let lease = leases.last, choice >= 87 else {
            leaseCount += 1
            return .leaseGrant(
                LeaseGrantRequest(
                    ttl: Int64(random.between(1...8)),
                    id: Int64(place + 1) * 1_000_000 + leaseCount
                )
            )
        }
        if choice >= 98 { return .leaseRevoke(LeaseRevokeRequest(id: lease)) }
        if choice >= 94 { return .leaseKeepAlive(LeaseKeepAliveRequest(id: lease)) }
        var request = anyPut(anyKey())
        request.lease = random.pick(leases)
        return .put(request)
    }

    private mutating func anyPut(_ key: Int) -> PutRequest {
        PutRequest(
            key: Self.key(key),
            value: anyValue(),
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
                failure: [RequestOp(request: .requestRange(anyTransactionRange()))]
            )
            request.success.append(RequestOp(request: .requestTxn(nested)))
        }
        return request
    }

    private func anyTransactionRange() -> RangeRequest {
        RangeRequest(key: "key/", rangeEnd: "key0")
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
    mutating func learn(_ request: OperationRequest, _ outcome: OperationOutcome) {
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
        case (.leaseGrant(let request), .succeeded(.leaseGrant(let response), let time)):
            leases.append(request.id)
            noteBrink(request.id, response.ttl, at: time)
        case (.leaseKeepAlive(let request), .succeeded(.leaseKeepAlive(let response), let time)):
            if response.ttl == 0 { leases.removeAll { $0 == request.id } }
            if response.ttl > 0 { renewed = request.id }
            noteBrink(request.id, response.ttl, at: time)
        case (.leaseRevoke(let request), _): leases.removeAll { $0 == request.id }
        case (.put(let request), .rejected(.leaseNotFound, _)):
            leases.removeAll { $0 == request.lease }
        case (.compact(let request), .succeeded): compacted = max(compacted, request.revision)
        case (.range(let request), .rejected(.compacted, _)):
            compacted = max(compacted, request.revision)
        case (.compact(let request), .rejected(.compacted, _)):
            compacted = max(compacted, request.revision)
        default: return
        }
    }

    /// Half of the renewals come when the lease has just ended and its leader is about to say so.
    private mutating func noteBrink(_ lease: Int64, _ seconds: Int64, at time: UInt64) {
        guard seconds > 0, random.happens(permille: 500) else { return }
        let late = random.between(UInt64(0)...105_000_000)
        brink = (lease, time + UInt64(seconds) * 1_000_000_000 + late - 5_000_000)
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
