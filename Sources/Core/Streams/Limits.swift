/// The limits of this module, each with its reason.
public enum Limits {
    /// Bytes of a record batch, whatever the topic allows: an entry of the log must fit a frame
    /// between nodes.
    public static let batchBytesMax = 32 << 20

    /// Batches that a producer may send again and be told their first offset: Kafka's
    /// NUM_BATCHES_TO_RETAIN, which is what clients keep in flight.
    static let batchesKeptPerProducer = 5

    /// Batches in a chunk of a partition's log: what the first append after a copy copies, 48 bytes
    /// each.
    static let batchesPerChunkMax = 256

    /// Bytes after which a chunk ends, as the front of the log goes by whole chunks.
    static let chunkBytesWanted = 1 << 20

    /// Chunks forgotten at the front before the places they had are reused.
    static let chunksForgottenMin = 32

    /// Producers that a partition knows; some 200 bytes each.
    static let producersMax = 100_000

    /// Producers of a bucket on average, so that a search and an insertion stay small.
    static let producersPerBucket = 16

    /// A producer silent for so long may give its place to another where there are too many: far
    /// longer than clients go on trying (`delivery.timeout.ms`, two minutes).
    static let producerIdleMillisecondsMin: Int64 = 15 * 60_000

    /// Kafka's `producer.id.expiration.ms`: a day.
    public static let producerExpirationMillisecondsDefault: Int64 = 86_400_000

    /// Group time between two looks for producers that have expired.
    static let producerSweepMilliseconds: Int64 = 10 * 60_000

    /// Transactions open at once in a partition.
    static let transactionsOpenMax = 10_000

    /// Aborted transactions that a partition remembers until its log start passes them; 32 bytes
    /// each.
    static let transactionsAbortedMax = 1_000_000

    /// Leader epochs remembered; what is older counts to the first one kept.
    static let leaderEpochsMax = 100_000

    /// Headers of a record; a bound for what a wrong count can cost.
    static let headersPerRecordMax = 1 << 20

    /// Bytes of batches after which a snapshot's chunk ends; with the last batch it may be longer.
    static let snapshotChunkBytesWanted = 1 << 20

    /// Producers, epochs or aborted transactions in one chunk of a snapshot.
    static let snapshotItemsPerChunk = 8_192

    /// The highest offset that a snapshot may carry; counting on from it cannot overflow.
    static let offsetMax: Int64 = 1 << 60

    /// The latest group time that is believed, in milliseconds: sums with it cannot overflow.
    static let groupTimeMax: Int64 = 1 << 53
}
