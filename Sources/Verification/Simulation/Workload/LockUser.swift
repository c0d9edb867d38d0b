internal import Bytes
internal import Checkers
internal import KeyspaceModel

/// A client's use of the one lock of its keyspace.
///
/// It takes the lock with a lease, if it has one; writes what the lock guards on condition of the
/// lock's create revision, its fencing token; and lets go. It goes on believing in its token after a
/// pause or a lost answer, as real holders do: what it then writes must be refused.
struct LockUser {
    static let lock: ByteSlice = "locks/a/0"
    static let guarded: ByteSlice = "guarded/a"

    private let usesLocks: Bool
    private let place: Int
    private var random: SeededGenerator
    private var writeCount = 0

    /// The lock's create revision, as long as this client takes itself for its holder.
    private var token: Int64?

    init(place: Int, options: SimulationOptions) {
        self.place = place
        var random = SeededGenerator(seed: options.seed, subsystem: "locks", number: 0)
        usesLocks = random.happens(permille: 500)
        self.random = SeededGenerator(seed: options.seed, subsystem: "locks", number: place + 1)
    }

    /// The next use of the lock, if it is time for one.
    mutating func next(lease: Int64) -> TxnRequest? {
        guard usesLocks, random.happens(permille: token == nil ? 60 : 150) else { return nil }
        guard let token else { return acquisition(lease: lease) }
        return random.happens(permille: 250) ? release(token) : write(token)
    }

    private func acquisition(lease: Int64) -> TxnRequest {
        let put = PutRequest(key: Self.lock, value: ByteSlice("\(place)"), lease: lease)
        var request = request(ifCreatedAt: 0, .requestPut(put))
        request.success.append(RequestOp(request: .requestRange(RangeRequest(key: Self.lock))))
        return request
    }

    private mutating func write(_ token: Int64) -> TxnRequest {
        writeCount += 1
        let value = ByteSlice("\(Self.lock)@\(token) \(place) \(writeCount)")
        return request(
            ifCreatedAt: token,
            .requestPut(PutRequest(key: Self.guarded, value: value))
        )
    }

    private func release(_ token: Int64) -> TxnRequest {
        request(ifCreatedAt: token, .requestDeleteRange(DeleteRangeRequest(key: Self.lock)))
    }

    private func request(
        ifCreatedAt revision: Int64,
        _ operation: RequestOp.Request
    ) -> TxnRequest {
        let compare = Compare(
            result: .equal,
            target: .create,
            key: Self.lock,
            targetUnion: .createRevision(revision)
        )
        return TxnRequest(
            compare: [compare],
            success: [RequestOp(request: operation)],
            failure: [RequestOp(request: .requestRange(RangeRequest(key: Self.lock)))]
        )
    }

    /// What an answer says of who holds the lock; without one, all is as before.
    mutating func learn(_ request: OperationRequest, _ outcome: OperationOutcome) {
        guard case .txn(let request) = request, request.compare.first?.key == Self.lock,
            case .succeeded(.txn(let response), _) = outcome
        else { return }
        if case .requestDeleteRange? = request.success.first?.request, response.succeeded {
            token = nil
        }
        guard case .responseRange(let range)? = response.responses.last?.response else { return }
        learnHolder(range)
    }

    /// What is noteworthy of a use of the lock.
    static func mark(of request: TxnRequest, _ response: TxnResponse) -> Mark? {
        guard request.compare.first?.key == lock,
            case .requestPut(let put)? = request.success.first?.request
        else { return nil }
        guard put.key == guarded else { return response.succeeded ? .lockTaken : nil }
        return response.succeeded ? .guardedWrite : .staleHolderRefused
    }

    /// The lock may be this client's by a call whose answer was lost, too.
    private mutating func learnHolder(_ range: RangeResponse) {
        token = nil
        guard let held = range.kvs.first, held.value == ByteSlice("\(place)") else { return }
        token = held.createRevision
    }
}
