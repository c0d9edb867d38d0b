internal import Bytes
internal import KeyspaceModel

/// Numbers that follow from a seed (splitmix64).
public struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    public mutating func happens(percent: UInt64) -> Bool { next() % 100 < percent }
}

/// Plays concurrent clients of an atomic keyspace, so that its histories are right by construction:
/// what the checkers themselves are tested with.
public struct AtomicKeyspace {
    private var random: SeededNumbers
    private var model = ReferenceKeyspace()
    private var clock: UInt64 = 1_000_000_000
    public private(set) var history = History()
    public private(set) var watch = WatchHistory(
        name: "all",
        key: ByteSlice([0]),
        rangeEnd: ByteSlice([0]),
        wantsPrevious: true
    )
    private var nextValue = 0

    init(seed: UInt64) { random = SeededNumbers(state: seed) }

    public static func play(seed: UInt64, operations: Int) -> AtomicKeyspace {
        var keyspace = AtomicKeyspace(seed: seed)
        let session = WatchSession(
            startRevision: 2,
            responses: [WatchResponse(header: ResponseHeader(revision: 1), created: true)]
        )
        keyspace.watch.sessions.append(session)
        for _ in 0..<operations { keyspace.playOne() }
        return keyspace
    }

    private mutating func playOne() {
        clock += 1_000
        let request = anyRequest()
        let before = model
        guard let effect = model.apply(request) else { return }
        let invoked = clock - random.next() % 4_000
        let returned = clock + 1 + random.next() % 4_000
        var operation = Operation(
            client: UInt32(random.next() % 8),
            request: request,
            invoked: invoked
        )
        if !random.happens(percent: 15) {
            let response = effect.response.bearing(model.revision)
            operation.outcome = .succeeded(response, at: returned)
        }
        history.operations.append(operation)
        if random.happens(percent: 5) {
            // One that never took effect.
            history.operations.append(
                Operation(client: 9, request: anyRequest(), invoked: clock)
            )
        }
        guard !effect.events.isEmpty else { return }
        history.changes.append(
            HistoricChange(revision: model.revision, events: effect.events, seenAt: clock)
        )
        tell(effect.events, before)
    }

    private mutating func tell(_ events: [Event], _ before: ReferenceKeyspace) {
        let told = events.map { event in
            var told = event
            told.prevKv = event.kv.flatMap { before.value(of: $0.key) }
            return told
        }
        watch.sessions[0].responses.append(
            WatchResponse(header: ResponseHeader(revision: model.revision), events: told)
        )
    }

    private mutating func anyKey() -> ByteSlice { ByteSlice("k\(random.next() % 5)") }

    private mutating func anyPut() -> PutRequest {
        nextValue += 1
        return PutRequest(
            key: anyKey(),
            value: ByteSlice("v\(nextValue)"),
            prevKv: random.happens(percent: 50)
        )
    }

    private mutating func anyRequest() -> OperationRequest {
        switch random.next() % 10 {
        case 0..<3: return .put(anyPut())
        case 3: return .deleteRange(DeleteRangeRequest(key: anyKey(), prevKv: true))
        case 4: return .deleteRange(DeleteRangeRequest(key: "k1", rangeEnd: "k3"))
        case 5, 6:
            let key = anyKey()
            let compare = Compare(
                result: .equal,
                target: .version,
                key: key,
                targetUnion: .version(Int64(random.next() % 3))
            )
            return .txn(
                TxnRequest(
                    compare: [compare],
                    success: [RequestOp(request: .requestPut(anyPut()))],
                    failure: [RequestOp(request: .requestRange(RangeRequest(key: key)))]
                )
            )
        default: return .range(RangeRequest(key: "k0", rangeEnd: "k9"))
        }
    }
}

extension OperationResponse {
    /// The answer under a header of this revision.
    public func bearing(_ revision: Int64) -> OperationResponse {
        let header = ResponseHeader(revision: revision)
        switch self {
        case .put(var response):
            response.header = header
            return .put(response)
        case .range(var response):
            response.header = header
            return .range(response)
        case .deleteRange(var response):
            response.header = header
            return .deleteRange(response)
        case .txn(var response):
            response.header = header
            return .txn(response)
        case .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: return self
        }
    }
}
