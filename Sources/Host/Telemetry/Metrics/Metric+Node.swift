/// What only Martlet has, and the process as the system sees it.
extension Metric {
    static var ours: [Metric] {
        [
            build, connections, turns, turnTimes, loopHolds, journalBatches, journalWrites,
            storageFull, groups, groupsAwake, groupsDamaged, groupsHalted,
            scrubbedBytes, scrubDamages, groupsRepaired,
        ]
    }

    public static let build = Metric(
        "martlet_build_info",
        .gauge,
        labels: ["version"],
        "Always 1; the version of Martlet."
    )
    public static let connections = Metric(
        "martlet_connections",
        .gauge,
        "Open connections of clients, on the etcd port and the HTTP port."
    )
    public static let turns = Metric(
        "martlet_shard_turns_total",
        .counter,
        "Turns that the shard has taken."
    )
    public static let turnTimes = Metric(
        "martlet_shard_turn_duration_seconds",
        .histogram,
        "How long turns of the shard took; nothing else is served meanwhile."
    )
    public static let loopHolds = Metric(
        "martlet_loop_hold_duration_seconds",
        .histogram,
        "How long the event loop ran turns and other tasks before it looked at its sockets again."
    )
    public static let journalBatches = Metric(
        "martlet_journal_batch_entries",
        .histogram,
        "Entries that one append and one sync of the journal have served."
    )
    public static let journalWrites = Metric(
        "martlet_journal_write_duration_seconds",
        .histogram,
        "How long the journal's writes took, without their syncs."
    )
    public static let storageFull = Metric(
        "martlet_storage_full",
        .gauge,
        "1 while writes are refused for want of space on the disk, else 0."
    )
    public static let groups = Metric(
        "martlet_groups",
        .gauge,
        "Raft groups that this node has a replica of."
    )
    public static let groupsAwake = Metric(
        "martlet_groups_awake",
        .gauge,
        "Those of them that cost ticks and heartbeats, as something happened there lately."
    )
    public static let groupsDamaged = Metric(
        "martlet_groups_damaged",
        .gauge,
        "Groups of which this node's disk has lost something, until the leader has replaced it."
    )
    public static let groupsHalted = Metric(
        "martlet_groups_halted",
        .gauge,
        "Those of them that stand still, as no majority without damage is there to repair them."
    )
    public static let scrubbedBytes = Metric(
        "martlet_scrub_bytes_total",
        .counter,
        "Bytes of cold data on this node's disk that were read again, since its start."
    )
    public static let scrubDamages = Metric(
        "martlet_scrub_damages_total",
        .counter,
        "How often something of it was not what was written; it is then written anew from memory."
    )
    public static let groupsRepaired = Metric(
        "martlet_groups_repaired_total",
        .counter,
        "Groups that were damaged on this node's disk, and are whole again, since its start."
    )

    static var system: [Metric] {
        [cpu, residentBytes, virtualBytes, openFiles, openFilesMax, startTime]
    }

    public static let cpu = Metric(
        "process_cpu_seconds_total",
        .counter,
        "Time of the processors, of user and system."
    )
    public static let residentBytes = Metric(
        "process_resident_memory_bytes",
        .gauge,
        "Memory of the process that is in RAM."
    )
    public static let virtualBytes = Metric(
        "process_virtual_memory_bytes",
        .gauge,
        "Memory that the process has mapped."
    )
    public static let openFiles = Metric(
        "process_open_fds",
        .gauge,
        "File descriptors that are open."
    )
    public static let openFilesMax = Metric(
        "process_max_fds",
        .gauge,
        "How many file descriptors may be open."
    )
    public static let startTime = Metric(
        "process_start_time_seconds",
        .gauge,
        "When the process began, in seconds since 1970."
    )
}
