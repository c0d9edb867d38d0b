/// The transport's limits.
public enum Limits {
    /// Bytes that wait for one peer; beyond it frames are dropped, as Raft repeats what matters.
    ///
    /// One frame may wait however large it is; more than a second's worth on a fast line is stale.
    public static let queuedBytesMax = 64 << 20

    /// Bytes handed to a socket before it says that it has sent them; what is behind them waits in
    /// the queue, where it can be dropped.
    static let writtenBytesMax = 1 << 20

    /// Frames that are copied into one buffer for one system call: beyond this, copying costs more
    /// than another buffer.
    static let bytesPerBufferMax = 256 << 10

    /// Connections accepted and not yet closed: peers, their predecessors that time out, strangers
    /// who have not said hello.
    static let acceptedConnectionsMax = 4_096

    /// Connections of one peer: the one in use, and those before it that time out.
    ///
    /// Each may hold a frame that has not come in whole.
    static let connectionsPerPeerMax = 4

    /// Different sentences about refused connections that are remembered so as not to repeat them.
    static let rememberedRefusalsMax = 64

    /// How long a refusal is not told again: a misconfigured peer dials every second.
    static let refusalRepeatSeconds: Int64 = 60

    /// The first pause before a peer is dialled again; doubled each time.
    static let redialMillisecondsMin: Int64 = 50

    /// The longest pause: a node that was away is found again within a second.
    static let redialMillisecondsMax: Int64 = 1_000

    /// How long dialling and the hellos may take.
    static let helloMillisecondsMax: Int64 = 5_000

    /// How often a ping asks whether the other side is still there.
    static let pingMilliseconds: Int64 = 1_000

    /// A side that hears nothing for so long closes: ten lost pings are no accident, and a line
    /// that carries a megabyte in this time is not cut off.
    static let silenceMillisecondsMax: Int64 = 10_000
}
