/// What one line of the log, and one question about it, may cost.
public enum Limits {
    /// A value of a log line, in bytes; what is longer is cut, as reasons may quote what a peer
    /// sent.
    public static let logValueBytesMax = 2_048

    /// A turn of the shard that takes longer is counted as slow; as etcd counts what it applies.
    public static let slowTurnNanoseconds: UInt64 = 100_000_000
}
