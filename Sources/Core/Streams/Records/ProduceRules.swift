/// What a topic, and the version of the request, allow a client's batch to be.
public struct ProduceRules: Sendable, Equatable {
    /// `max.message.bytes`, of the whole batch as it was sent.
    public var batchBytesMax: Int

    /// `message.timestamp.after.max.ms`: how far ahead of the node's clock a timestamp may be.
    public var timestampAfterMillisecondsMax: Int64

    /// `message.timestamp.before.max.ms`.
    public var timestampBeforeMillisecondsMax: Int64

    /// `message.timestamp.type`; with append time, what the client says of time is not looked at.
    public var timestampType: TimestampType

    /// Whether each record must have a key.
    public var isCompacted: Bool

    /// zstd came with version 7 of Produce (KIP-110).
    public var allowsZstd: Bool

    /// Kafka's defaults.
    public init(
        batchBytesMax: Int = 1_048_588,
        timestampAfterMillisecondsMax: Int64 = 3_600_000,
        timestampBeforeMillisecondsMax: Int64 = .max,
        timestampType: TimestampType = .createTime,
        isCompacted: Bool = false,
        allowsZstd: Bool = true
    ) {
        self.batchBytesMax = batchBytesMax
        self.timestampAfterMillisecondsMax = timestampAfterMillisecondsMax
        self.timestampBeforeMillisecondsMax = timestampBeforeMillisecondsMax
        self.timestampType = timestampType
        self.isCompacted = isCompacted
        self.allowsZstd = allowsZstd
    }
}
