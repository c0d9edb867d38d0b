internal import Bytes
internal import Keyspace
internal import KeyspaceModel

/// What a shard has refused since its start; for metrics, and no part of any state.
public struct ShardCounters: Sendable, Equatable {
    /// Commands of this node's clients that were refused or had no outcome in time.
    public var proposalsFailed: UInt64 = 0

    /// Linearizable reads that were refused or not allowed in time.
    public var readsFailed: UInt64 = 0

    /// Those of them for which a leader was known.
    public var readsTimedOut: UInt64 = 0

    /// Groups that were damaged on this node's disk and are whole again.
    public var groupsRepaired: UInt64 = 0

    /// Bytes of cold data that were read again, and what was found damaged by it.
    public var scrubbedBytes: UInt64 = 0
    public var scrubDamages: UInt64 = 0

    public init() {}
}

/// What was applied to a keyspace here since the start; for metrics, and no part of the state.
public struct KeyspaceCounters: Sendable, Equatable {
    public var ranges: UInt64 = 0
    public var puts: UInt64 = 0
    public var putBytes: UInt64 = 0
    public var deletes: UInt64 = 0

    /// Of more than one operation, as etcd counts.
    public var transactions: UInt64 = 0

    public var leasesGranted: UInt64 = 0
    public var leasesRevoked: UInt64 = 0
    public var leasesRenewed: UInt64 = 0
    public var leasesExpired: UInt64 = 0

    /// How many leases were granted for up to 1, 2, 4, … 2^23 seconds, and for longer.
    public var leaseSeconds = [UInt64](repeating: 0, count: 25)
    public var leaseSecondsSum: UInt64 = 0

    public init() {}

    mutating func count(_ command: KeyspaceCommand, _ response: KeyspaceResponse) {
        // One after the other: to switch over the pair would copy both, requests and all.
        switch command {
        case .put(let request):
            puts += 1
            putBytes += UInt64(request.key.count + request.value.count)
        case .deleteRange: deletes += 1
        case .leaseRevoke: leasesRevoked += 1
        case .txn, .leaseGrant, .leaseKeepAlive: count(response)
        case .compact, .expireLeases, .advanceTime, .alarm: return
        }
    }

    private mutating func count(_ response: KeyspaceResponse) {
        switch response {
        case .txn(let response): count(response)
        case .leaseGrant(let response): countLease(seconds: response.ttl)
        case .leaseKeepAlive(let response): if response.ttl > 0 { leasesRenewed += 1 }
        case .put, .deleteRange, .compaction, .leaseRevoke, .alarm, .none: return
        }
    }

    private mutating func count(_ transaction: TxnResponse) {
        let before = ranges + puts + deletes
        countOperations(of: transaction)
        if ranges + puts + deletes > before + 1 { transactions += 1 }
    }

    private mutating func countOperations(of transaction: TxnResponse) {
        for operation in transaction.responses {
            switch operation.response {
            case .responseRange: ranges += 1
            case .responsePut: puts += 1
            case .responseDeleteRange: deletes += 1
            case .responseTxn(let nested): countOperations(of: nested)
            case nil: continue
            }
        }
    }

    private mutating func countLease(seconds: Int64) {
        leasesGranted += 1
        let seconds = UInt64(max(1, seconds))
        // 1 is in the first bucket, 2 in the second, 3 and 4 in the third.
        let place = UInt64.bitWidth - (seconds - 1).leadingZeroBitCount
        leaseSeconds[min(place, leaseSeconds.count - 1)] += 1
        leaseSecondsSum &+= seconds
    }
}
