internal import EtcdWire

/// A call in JSON over HTTP/1.1, with its whole body.
struct GatewayRequest {
    var method: EtcdMethod
    var body: [UInt8]

    /// The client's `Grpc-Timeout`.
    var timeout: String?

    var keepsAlive: Bool

    /// Whether the client knows bodies in chunks; else a stream ends with the connection.
    var takesChunks: Bool

    /// The method of a path, as etcd's gateway has them: `/v3/kv/range`, also under `/v3beta`.
    static func method(of path: String) -> EtcdMethod? {
        for version in ["/v3/", "/v3beta/"] where path.hasPrefix(version) {
            return methods[String(path.dropFirst(version.count))]
        }
        return nil
    }

    private static let methods: [String: EtcdMethod] = [
        "kv/range": .range,
        "kv/put": .put,
        "kv/deleterange": .deleteRange,
        "kv/txn": .txn,
        "kv/compaction": .compact,
        "kv/lease/revoke": .leaseRevoke,
        "kv/lease/timetolive": .leaseTimeToLive,
        "kv/lease/leases": .leaseLeases,
        "watch": .watch,
        "lease/grant": .leaseGrant,
        "lease/revoke": .leaseRevoke,
        "lease/keepalive": .leaseKeepAlive,
        "lease/timetolive": .leaseTimeToLive,
        "lease/leases": .leaseLeases,
        "cluster/member/add": .memberAdd,
        "cluster/member/remove": .memberRemove,
        "cluster/member/update": .memberUpdate,
        "cluster/member/list": .memberList,
        "cluster/member/promote": .memberPromote,
        "maintenance/alarm": .alarm,
        "maintenance/status": .status,
        "maintenance/defragment": .defragment,
        "maintenance/hash": .hash,
        "maintenance/hashkv": .hashKV,
        "maintenance/snapshot": .snapshot,
        "maintenance/transfer-leadership": .moveLeader,
        "maintenance/downgrade": .downgrade,
        "lock/lock": .lock,
        "lock/unlock": .unlock,
        "election/campaign": .campaign,
        "election/proclaim": .proclaim,
        "election/leader": .leader,
        "election/observe": .observe,
        "election/resign": .resign,
    ]
}
