/// When a segment is sealed.
public struct SegmentSettings: Sendable, Equatable {
    /// Kafka's `segment.bytes`; a larger batch has a segment of its own.
    public var segmentBytes = Limits.segmentBytes

    /// Kafka's `segment.ms`, by the group's time: a week.
    public var segmentMilliseconds: Int64 = 7 * 86_400_000

    public init() {}
}
