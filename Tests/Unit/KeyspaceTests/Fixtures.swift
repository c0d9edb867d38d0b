import Bytes
import Keyspace
import KeyspaceModel
import Model

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

typealias Applied = Result<KeyspaceResponse, KeyspaceError>

extension Keyspace {
    @discardableResult
    mutating func put(
        _ key: ByteSlice,
        _ value: ByteSlice = "",
        lease: Int64 = 0,
        at time: Int64 = 0
    ) -> Applied {
        apply(.put(PutRequest(key: key, value: value, lease: lease)), at: GroupTime(time))
    }

    @discardableResult
    mutating func delete(_ key: ByteSlice, to end: ByteSlice = "") -> Applied {
        apply(.deleteRange(DeleteRangeRequest(key: key, rangeEnd: end)), at: .zero)
    }

    @discardableResult
    mutating func compact(_ revision: Int64) -> Applied {
        apply(.compact(CompactionRequest(revision: revision)), at: .zero)
    }

    @discardableResult
    mutating func grant(_ id: Int64, ttl: Int64, at time: Int64 = 0) -> Applied {
        apply(.leaseGrant(LeaseGrantRequest(ttl: ttl, id: id)), at: GroupTime(time))
    }

    @discardableResult
    mutating func transact(
        if compares: [Compare] = [],
        then: [RequestOp] = [],
        else: [RequestOp] = []
    ) -> Applied {
        apply(.txn(TxnRequest(compare: compares, success: then, failure: `else`)), at: .zero)
    }

    /// Finishes a compaction.
    mutating func sweepAll() {
        while isCompacting { sweep(limit: 100) }
    }

    func kvs(_ request: RangeRequest) -> [KeyValue]? { try? range(request).kvs }

    /// Keys and values, as text, of everything at a revision.
    func texts(at revision: Int64 = 0) -> [String]? {
        kvs(RangeRequest(key: "\0", rangeEnd: "\0", revision: revision))?.map {
            "\($0.key)=\($0.value)"
        }
    }

    func keyValue(_ key: ByteSlice, at revision: Int64 = 0) -> KeyValue? {
        kvs(RangeRequest(key: key, revision: revision))?.first
    }

    func error(for request: RangeRequest) -> KeyspaceError? {
        do throws(KeyspaceError) {
            _ = try range(request)
            return nil
        } catch {
            return error
        }
    }

    /// The same keyspace, out as a snapshot and back.
    func throughSnapshot(recordsAtOnce: Int = 7) throws -> Keyspace {
        var restored = try Keyspace(header: snapshotHeader(), leases: [])
        for lease in leaseRecords { try restored.restore([lease]) }
        try restored.restore(alarms.members)
        var cursor: SnapshotCursor? = SnapshotCursor()
        while let from = cursor {
            let (records, next) = snapshotRecords(from: from, limit: recordsAtOnce)
            for record in records { try restored.restore(record) }
            cursor = next
        }
        return restored
    }
}

extension Result where Success == KeyspaceResponse, Failure == KeyspaceError {
    var error: KeyspaceError? {
        if case .failure(let error) = self { error } else { nil }
    }

    var txn: TxnResponse? {
        if case .success(.txn(let response)) = self { response } else { nil }
    }

    var put: PutResponse? {
        if case .success(.put(let response)) = self { response } else { nil }
    }

    var deleteRange: DeleteRangeResponse? {
        if case .success(.deleteRange(let response)) = self { response } else { nil }
    }
}

extension RequestOp {
    static func put(_ key: ByteSlice, _ value: ByteSlice = "") -> RequestOp {
        RequestOp(request: .requestPut(PutRequest(key: key, value: value)))
    }

    static func delete(_ key: ByteSlice, to end: ByteSlice = "") -> RequestOp {
        RequestOp(request: .requestDeleteRange(DeleteRangeRequest(key: key, rangeEnd: end)))
    }

    static func range(
        _ key: ByteSlice,
        to end: ByteSlice = "",
        revision: Int64 = 0
    ) -> RequestOp {
        RequestOp(
            request: .requestRange(RangeRequest(key: key, rangeEnd: end, revision: revision))
        )
    }

    static func txn(
        if compares: [Compare] = [],
        then: [RequestOp] = [],
        else: [RequestOp] = []
    ) -> RequestOp {
        RequestOp(
            request: .requestTxn(TxnRequest(compare: compares, success: then, failure: `else`))
        )
    }
}
