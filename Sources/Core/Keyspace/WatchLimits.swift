/// The limits of watching, each with its reason.
enum WatchLimits {
    /// Watches of one keyspace on one node: about 300 bytes each.
    static let watchesMax = 1_000_000

    /// Watches on one stream; etcd knows no limit, and no client known to us comes near it.
    static let watchesPerStreamMax = 100_000

    /// Events read from the history at once, in whole revisions; etcd's 1,000 revisions a batch.
    static let eventsPerPassMax = 1_000

    /// How far down the queue a pass looks for watches that can share what it has read; etcd serves
    /// as many a round.
    static let ridersPerPassMax = 512

    /// Comparisons of an event with a lagging watch in one `collect`: about a millisecond, so that
    /// those who lag take little time from those who write.
    static let comparisonsPerCollectMax = 20_000

    /// Bytes of events that lagging watches get in one `collect`: to read, encode and write as many
    /// holds up those who write by a millisecond or two.
    static let bytesPerCollectMax = 1 << 20

    /// Bytes of events that one stream's lagging watches get in one `collect`, before the front had
    /// a chance to say that the stream's client is slow.
    static let bytesPerStreamMax = 1 << 20

    /// A delivery that holds as much ends with the revision it is at; gRPC clients take four
    /// megabytes by default.
    static let bytesPerDeliveryMax = 1 << 20
}
