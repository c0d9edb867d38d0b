/// How a batch's records are compressed; the numbers are Kafka's.
public enum CompressionCodec: Int16, Sendable, CaseIterable {
    case none = 0
    case gzip = 1
    case snappy = 2
    case lz4 = 3
    case zstd = 4
}

/// Whose clock a batch's timestamps are of.
public enum TimestampType: Sendable {
    case createTime
    case logAppendTime
}

/// The sixteen bits in a batch's header that say how to read it.
public struct BatchAttributes: Sendable, Equatable {
    public var bits: Int16

    public init(bits: Int16) { self.bits = bits }

    public init(
        codec: CompressionCodec = .none,
        timestampType: TimestampType = .createTime,
        isTransactional: Bool = false,
        isControl: Bool = false
    ) {
        bits = codec.rawValue
        if timestampType == .logAppendTime { bits |= Self.timestampTypeBit }
        if isTransactional { bits |= 1 << 4 }
        if isControl { bits |= 1 << 5 }
    }

    static let timestampTypeBit: Int16 = 1 << 3

    /// What bits 0 to 2 say, which may be no codec.
    public var codecNumber: Int16 { bits & 7 }

    /// Nil for a number that no codec has.
    public var codec: CompressionCodec? { CompressionCodec(rawValue: codecNumber) }

    public var timestampType: TimestampType {
        bits & Self.timestampTypeBit == 0 ? .createTime : .logAppendTime
    }

    public var isTransactional: Bool { bits & (1 << 4) != 0 }

    /// Whether its one record is a marker and not a client's.
    public var isControl: Bool { bits & (1 << 5) != 0 }

    /// Whether the base timestamp says when a compaction may drop tombstones (KIP-534).
    public var hasDeleteHorizon: Bool { bits & (1 << 6) != 0 }
}
