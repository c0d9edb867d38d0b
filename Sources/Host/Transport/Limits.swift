/// The transport's limits.
public enum Limits {
    /// Bytes that wait for one peer; beyond it frames are dropped, as Raft repeats what matters.
    public static let queuedBytesMax = 128 << 20

    /// The first pause before a peer is dialled again, doubled each time…
    static let redialMillisecondsMin: Int64 = 50

    /// …up to this: a node that was away is found again within a second.
    static let redialMillisecondsMax: Int64 = 1_000

    /// How long dialling and the hellos may take.
    static let helloSecondsMax: Int64 = 5
}
