/// What the node is, and its part in consensus: etcd's names.
extension Metric {
    static var server: [Metric] {
        [
            hasLeader, isLeader, leaderChanges, proposalsCommitted, proposalsApplied,
            proposalsPending, proposalsFailed, readIndexesFailed, readIndexesSlow, slowApplies,
            quota,
            snapshotApplying, healthSuccesses, healthFailures, serverVersion, serverID,
            clusterVersion,
        ]
    }

    public static let hasLeader = Metric(
        "etcd_server_has_leader",
        .gauge,
        "1 if this node knows a leader of the keyspace, else 0."
    )
    public static let isLeader = Metric(
        "etcd_server_is_leader",
        .gauge,
        "1 if this node leads the keyspace, else 0."
    )
    public static let leaderChanges = Metric(
        "etcd_server_leader_changes_seen_total",
        .counter,
        "Leaders of the keyspace that this node has come to know, the first one included."
    )
    public static let proposalsCommitted = Metric(
        "etcd_server_proposals_committed_total",
        .gauge,
        "The log index up to which the keyspace's entries are committed."
    )
    public static let proposalsApplied = Metric(
        "etcd_server_proposals_applied_total",
        .gauge,
        "The log index up to which this node has applied the keyspace's entries."
    )
    public static let proposalsPending = Metric(
        "etcd_server_proposals_pending",
        .gauge,
        "Commands of this node's clients that wait for their outcome."
    )
    public static let proposalsFailed = Metric(
        "etcd_server_proposals_failed_total",
        .counter,
        "Commands of this node's clients that were refused, or had no outcome in time."
    )
    public static let readIndexesFailed = Metric(
        "etcd_server_read_indexes_failed_total",
        .counter,
        "Linearizable reads that were refused, or not allowed in time."
    )
    public static let readIndexesSlow = Metric(
        "etcd_server_slow_read_indexes_total",
        .counter,
        "Linearizable reads that a known leader has not allowed in time."
    )
    public static let slowApplies = Metric(
        "etcd_server_slow_apply_total",
        .counter,
        "Turns of the shard, in which entries are applied, that took longer than 100 ms."
    )
    public static let quota = Metric(
        "etcd_server_quota_backend_bytes",
        .gauge,
        "How large the keyspace may become before writes are refused; absent without a quota."
    )
    public static let snapshotApplying = Metric(
        "etcd_server_snapshot_apply_in_progress_total",
        .gauge,
        "1 while a snapshot of the leader's arrives for the keyspace, else 0."
    )
    public static let healthSuccesses = Metric(
        "etcd_server_health_success",
        .counter,
        "Answers of /health that were healthy."
    )
    public static let healthFailures = Metric(
        "etcd_server_health_failures",
        .counter,
        "Answers of /health that were not."
    )
    public static let serverVersion = Metric(
        "etcd_server_version",
        .gauge,
        labels: ["server_version"],
        "Always 1; the etcd release that this node behaves like."
    )
    public static let serverID = Metric(
        "etcd_server_id",
        .gauge,
        labels: ["server_id"],
        "Always 1; this node's ID, in hexadecimal digits as etcdctl shows it."
    )
    public static let clusterVersion = Metric(
        "etcd_cluster_version",
        .gauge,
        labels: ["cluster_version"],
        "Always 1; the etcd release that the cluster behaves like, without its patches."
    )
}
