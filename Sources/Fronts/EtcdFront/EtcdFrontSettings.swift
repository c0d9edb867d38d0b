/// What an operator may tune.
public struct EtcdFrontSettings: Sendable {
    /// How long a watch with `progress_notify` stays without word; etcd's default.
    ///
    /// Up to a tenth is added by chance, so that a client's watches do not all report at once.
    public var progressNanoseconds: UInt64 = 600_000_000_000

    /// How long a stream that asked for a leader bears to be without: three election timeouts.
    public var leaderlessNanoseconds: UInt64 = 3_000_000_000

    public init() {}
}
