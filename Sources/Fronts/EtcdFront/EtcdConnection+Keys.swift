internal import Bytes
internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// The KV service.
extension EtcdConnection {
    func servePut(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        var cost = 0
        propose(key, .put, message) { (request: PutRequest) throws(KeyspaceError) in
            try Keyspace.check(request)
            cost = Keyspace.cost(of: request)
        } unless: {
            refuses(key, growthBy: cost)
        }
    }

    func serveDeleteRange(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        propose(key, .deleteRange, message) { (request: DeleteRangeRequest) throws(KeyspaceError) in
            try Keyspace.check(request)
        }
    }

    func serveCompact(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        propose(key, .compact, message) { (_: CompactionRequest) throws(KeyspaceError) in }
    }

    /// A transaction that only reads is a read: it needs no log, and no leader if all its ranges
    /// are serializable.
    func serveTxn(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        var reading: TxnRequest?
        var cost = 0
        propose(key, .txn, message) { (request: TxnRequest) throws(KeyspaceError) in
            try Keyspace.check(request)
            if Keyspace.isReadOnly(request) { reading = request }
            cost = Keyspace.cost(of: request)
        } unless: {
            reading != nil || refuses(key, growthBy: cost)
        }
        guard let reading else { return }
        if Self.isSerializable(reading) {
            answer(key, txn: reading)
        } else {
            read(key, .txn(reading))
        }
    }

    func serveRange(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: RangeRequest = decode(key, message) else { return }
        do throws(KeyspaceError) {
            try Keyspace.check(request)
        } catch {
            return fail(key, ErrorMapping.status(of: error))
        }
        if request.serializable {
            answer(key, range: request)
        } else if front.isLearner {
            fail(key, ErrorMapping.learner)
        } else {
            read(key, .range(request))
        }
    }

    /// Copies the message behind a command's header, decodes and checks it there, and proposes it.
    func propose<Request: WireMessage>(
        _ key: CallKey,
        _ kind: CommandKind,
        _ message: UnsafeRawBufferPointer,
        check: (Request) throws(KeyspaceError) -> Void,
        unless isDone: () -> Bool = { false }
    ) {
        guard let number else { return }
        guard message.count <= Limits.requestBytesMax else {
            return fail(key, ErrorMapping.status(of: .requestTooLarge))
        }
        let payload = front.shard.prepare(kind, body: message, to: calls.group(of: key))
        guard !payload.isEmpty else { return fail(key, ErrorMapping.status(of: .unknownGroup)) }
        do throws(DecodeError) {
            let request = try Request(decoding: CommandHeader.body(of: payload))
            do throws(KeyspaceError) {
                try check(request)
            } catch {
                return fail(key, ErrorMapping.status(of: error))
            }
        } catch {
            return fail(key, .undecodable(error))
        }
        if isDone() { return }
        calls.awaitOutcome(key)
        front.shard.propose(
            payload,
            to: calls.group(of: key),
            for: Waiter(client: number, request: key.number)
        )
        wantTurn()
    }

    /// The request, or nil after the call has been failed.
    func decode<Request: WireMessage>(
        _ key: CallKey,
        _ message: UnsafeRawBufferPointer
    ) -> Request? {
        do throws(DecodeError) {
            return try Request(decoding: ByteSlice(copying: message))
        } catch {
            fail(key, .undecodable(error))
            return nil
        }
    }

    /// Reads once the shard says that nothing acknowledged is missing here.
    ///
    /// `group` is the keyspace unless something else is read.
    func read(_ key: CallKey, _ pending: consuming PendingRead, of group: GroupID? = nil) {
        guard let number else { return }
        calls[key]?.work = .leave(pending)
        front.shard.read(
            group ?? calls.group(of: key),
            for: Waiter(client: number, request: key.number)
        )
        wantTurn()
    }

    /// The leave has come.
    func answer(_ key: CallKey, _ pending: PendingRead) {
        switch pending {
        case .range(let request): answer(key, range: request)
        case .rangeStream(let request): answer(key, rangeStream: request)
        case .txn(let request): answer(key, txn: request)
        case .timeToLive(let request): answer(key, timeToLive: request)
        case .leases: answerLeases(key)
        case .members: answerMembers(key)
        case .leader(let request): answer(key, leader: request)
        case .alarms(let type): answerAlarms(key, of: type)
        case .keyspaces: answerKeyspaces(key)
        }
    }

    private func answer(_ key: CallKey, range request: RangeRequest) {
        guard let machine = machine(key) else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        machine.counters.ranges &+= 1
        do throws(KeyspaceError) {
            let short = try machine.keyspace.range(request, stepsMax: Limits.keysReadOnLoopMax)
            guard var response = short else {
                return answer(key, longRange: request, from: machine.keyspace)
            }
            response.header = header(key, response.header?.revision ?? 0)
            answerLarge(key, response)
        } catch {
            fail(key, ErrorMapping.status(of: error))
        }
    }

    private func answer(_ key: CallKey, txn request: TxnRequest) {
        guard let machine = machine(key) else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        let keyspace = machine.keyspace
        guard keyspace.keysHeld > Limits.keysInTransactionOnLoopMax, request.readsRanges else {
            return conclude(key, Self.read(request, from: keyspace))
        }
        elsewhere(key) {
            Self.read(request, from: keyspace)
        } then: {
            $0.conclude(key, .success($1))
        }
    }

    private static func read(
        _ request: TxnRequest,
        from keyspace: Keyspace
    ) -> Result<TxnResponse, GRPCStatus> {
        do throws(KeyspaceError) {
            return .success(try keyspace.read(request))
        } catch {
            return .failure(ErrorMapping.status(of: error))
        }
    }

    private func conclude(_ key: CallKey, _ result: Result<TxnResponse, GRPCStatus>) {
        switch result {
        case .success(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answerWhole(key, response)
        case .failure(let status): fail(key, status)
        }
    }

    private static func isSerializable(_ request: TxnRequest) -> Bool {
        (request.success + request.failure).allSatisfy { operation in
            guard case .requestRange(let range)? = operation.request else { return false }
            return range.serializable
        }
    }
}

extension TxnRequest {
    /// Whether it asks for, or compares, more than single keys.
    fileprivate var readsRanges: Bool {
        compare.contains { !$0.rangeEnd.isEmpty }
            || (success + failure).contains { operation in
                switch operation.request {
                case .requestRange(let range): !range.rangeEnd.isEmpty
                case .requestTxn(let nested): nested.readsRanges
                case .requestPut, .requestDeleteRange, nil: false
                }
            }
    }
}
