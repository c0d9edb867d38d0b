/// The journal, snapshots, the keyspace and its leases: etcd's names.
extension Metric {
    static var disk: [Metric] { [walSyncs, walBytes, snapshotSaves] }

    public static let walSyncs = Metric(
        "etcd_disk_wal_fsync_duration_seconds",
        .histogram,
        "How long the journal's syncs took; every write waits for one on a majority."
    )
    public static let walBytes = Metric(
        "etcd_disk_wal_write_bytes_total",
        .gauge,
        "Bytes of batches written to the journal since the start."
    )
    public static let snapshotSaves = Metric(
        "etcd_debugging_snap_save_total_duration_seconds",
        .histogram,
        "How long it took to write a snapshot of a group to disk; nobody waits for it."
    )

    static var keyspace: [Metric] {
        [
            keys, currentRevision, compactRevision, ranges, puts, deletes, transactions,
            debuggingRanges, putBytes, watches, watchStreams, slowWatches, events, size, sizeInUse,
        ]
    }

    public static let keys = Metric(
        "etcd_debugging_mvcc_keys_total",
        .gauge,
        "Keys that exist now."
    )
    public static let currentRevision = Metric(
        "etcd_debugging_mvcc_current_revision",
        .gauge,
        "The revision of the last write."
    )
    public static let compactRevision = Metric(
        "etcd_debugging_mvcc_compact_revision",
        .gauge,
        "The revision of the last compaction; -1 if there was none."
    )
    public static let ranges = Metric(
        "etcd_mvcc_range_total",
        .counter,
        "Ranges read on this node, in transactions or alone."
    )
    public static let debuggingRanges = Metric(
        "etcd_debugging_mvcc_range_total",
        .counter,
        "The same as etcd_mvcc_range_total."
    )
    public static let puts = Metric(
        "etcd_mvcc_put_total",
        .counter,
        "Puts applied on this node since its start, in transactions or alone."
    )
    public static let deletes = Metric(
        "etcd_mvcc_delete_total",
        .counter,
        "Deletions of ranges applied on this node since its start, in transactions or alone."
    )
    public static let transactions = Metric(
        "etcd_mvcc_txn_total",
        .counter,
        "Transactions of more than one operation applied on this node since its start."
    )
    public static let putBytes = Metric(
        "etcd_debugging_mvcc_total_put_size_in_bytes",
        .gauge,
        "Bytes of keys and values put since the start, in plain puts."
    )
    public static let watches = Metric(
        "etcd_debugging_mvcc_watcher_total",
        .gauge,
        "Watches of this node's clients."
    )
    public static let watchStreams = Metric(
        "etcd_debugging_mvcc_watch_stream_total",
        .gauge,
        "Streams of this node's clients that carry watches."
    )
    public static let slowWatches = Metric(
        "etcd_debugging_mvcc_slow_watcher_total",
        .gauge,
        "Watches that read history: their clients are slow, or began in the past."
    )
    public static let events = Metric(
        "etcd_debugging_mvcc_events_total",
        .counter,
        "Events given to watches of this node."
    )
    public static let size = Metric(
        "etcd_mvcc_db_total_size_in_bytes",
        .gauge,
        "About how much memory the keyspace takes."
    )
    public static let sizeInUse = Metric(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        .gauge,
        "The same: there are no free pages to be defragmented."
    )

    static var leases: [Metric] {
        [leasesGranted, leasesRevoked, leasesRenewed, leasesExpired, leaseTTLs]
    }

    public static let leasesGranted = Metric(
        "etcd_debugging_lease_granted_total",
        .counter,
        "Leases granted since the start."
    )
    public static let leasesRevoked = Metric(
        "etcd_debugging_lease_revoked_total",
        .counter,
        "Leases that their clients have revoked since the start."
    )
    public static let leasesRenewed = Metric(
        "etcd_debugging_lease_renewed_total",
        .counter,
        "Renewals of leases applied since the start; on every node, as they are in the log."
    )
    public static let leasesExpired = Metric(
        "etcd_debugging_server_lease_expired_total",
        .counter,
        "Leases that have ended since the start as nobody renewed them."
    )
    public static let leaseTTLs = Metric(
        "etcd_debugging_lease_ttl_total",
        .histogram,
        "The seconds for which leases were granted."
    )
}
