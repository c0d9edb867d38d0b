/// What a client may cost before it is told to stop.
public enum Limits {
    /// Connections of one shard; each costs a socket and some kilobytes.
    public static let connectionsMax = 20_000

    /// Bytes of a request, Kafka's `socket.request.max.bytes`.
    public static let requestBytesMax = 104_857_600

    /// Room that a request gets before its bytes have come.
    static let promisedBytesMax = 64 * 1024

    /// Parts of requests that all connections of a shard hold together.
    public static let gatheredBytesOfAllMax = 1 << 30

    /// Requests of one connection that are not answered yet; the next is read when one is.
    ///
    /// Java's clients have five under way on one connection, librdkafka as many as it likes.
    public static let requestsInFlightMax = 256

    /// Answers that wait for one client before no more requests of it are read.
    public static let queuedBytesMax = 8 << 20

    /// One batch of records at the most, whatever its topic allows.
    public static let batchBytesMax = 64 << 20

    /// Members that can hold one partition.
    public static let replicasMax = 1_000

    /// Bytes of records in one answer to Fetch, Kafka's `fetch.max.bytes`; a single batch may be
    /// larger.
    public static let fetchBytesMax = 57_671_680

    /// How long a fetch that finds too little may wait, whatever its client says.
    public static let fetchWaitMillisecondsMax: Int32 = 300_000

    /// Partitions of a topic that is created without saying how many, Kafka's `num.partitions`.
    public static let partitionsByDefault = 1

    /// Replicas of a topic that is created without saying how many, if there are as many members.
    public static let replicasByDefault = 3

    /// Entries that one answer about topics, groups or settings may hold.
    public static let entriesOfAnswerMax = 200_000

    /// Bytes of records that a node holds, all of which are in memory; beyond, producers are told
    /// KAFKA_STORAGE_ERROR, and try again until retention or DeleteRecords has made room.
    public static let recordBytesMax = 4 << 30

    /// Between two looks at what topics let go.
    static let retentionCheckNanoseconds: UInt64 = 5_000_000_000

    /// How long a connection is kept that says nothing and waits for nothing: Kafka's
    /// `connections.max.idle.ms`, after which its clients connect again by themselves.
    public static let idleNanosecondsMax: UInt64 = 600_000_000_000

    /// An answer of so many bytes is counted until its client has taken it.
    static let largeAnswerBytes = 64 * 1024

    /// What such answers of all connections of a shard are together before fetches are told that there
    /// is nothing yet.
    public static let unsentBytesOfAllMax = 1 << 30

    /// After its start, how long a node keeps those who ask for brokers until it knows of one.
    static let patienceNanoseconds: UInt64 = 10_000_000_000
}
