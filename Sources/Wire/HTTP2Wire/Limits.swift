/// What the module bounds, and why; `HTTP2Settings` lets a front or a test choose otherwise.
///
/// Each number must be far above what honest clients need (grpc-go, grpc-python, jetcd, h2load
/// and our own) and far below what hurts a process that serves thousands of connections.
enum Limits {
    /// Streams a client may have open at once.
    ///
    /// etcd sets no limit, and load generators open 1,000 on one connection; a stream costs us
    /// about a hundred bytes.
    static let concurrentStreams = 4_096

    /// Receive window of a stream: more than the largest request that etcd allows, so that no
    /// request waits for a WINDOW_UPDATE.
    static let streamWindowBytes = 4 << 20

    /// Receive window of the connection: a few of the largest requests side by side.
    static let connectionWindowBytes = 16 << 20

    /// The largest frame that we accept, and so the most we buffer: RFC 9113's minimum, which is
    /// what grpc-go writes anyway.
    static let frameBytesMax = 16_384

    /// The largest frame that we send to a peer that accepts more: streams take turns by frames.
    static let frameBytesSentMax = 64 << 10

    /// The largest window that RFC 9113, section 6.9.1, allows.
    static let windowMax = 0x7fff_ffff

    /// What a window is before any SETTINGS say otherwise (RFC 9113, section 6.5.2).
    static let windowAtStart = 65_535

    /// A request's headers, counted as RFC 9113, section 6.5.2, counts them.
    ///
    /// grpc-go allows 16 MiB; tokens and metadata of etcd's clients are below 4 KiB.
    static let headerListBytesMax = 64 << 10

    /// A header block as compressed, over HEADERS and all CONTINUATIONs: a block that fits the list
    /// limit cannot be longer, and so a CONTINUATION flood (CVE-2024-27316) ends here.
    static let headerBlockBytesMax = 64 << 10

    /// CONTINUATION frames of one block, so that empty ones do not go on for ever.
    static let continuationsMax = 32

    /// HPACK's table in both directions: RFC 7541's default, which every client uses.
    static let headerTableBytesMax = 4_096

    /// A path that is kept as it was encoded: all of etcd's are shorter.
    static let rememberedPathBytesMax = 128

    /// A header block that is kept to be recognized: gRPC's are below 100 bytes once the table knows
    /// their names.
    static let rememberedBlockBytesMax = 512

    /// Bytes waiting for window on one stream before it refuses more; one message of any size is
    /// taken while nothing waits.
    static let streamQueuedBytesMax = 8 << 20

    /// Bytes waiting on all streams of a connection together: above, further replies end their
    /// streams, so that a client with a thousand closed windows cannot fill our memory.
    static let queuedBytesMax = 256 << 20

    /// Above this many waiting bytes a stream is not writable, and a watch stops filling it.
    static let streamWritableBytes = 256 << 10

    /// Bytes ready for the socket above which bodies wait in their streams: a client that grants
    /// huge windows and does not read fills its own streams, not our memory.
    static let outputBytesMax = 1 << 20

    /// Output storage kept between bursts.
    static let outputBytesKept = 64 << 10

    /// Streams that we reset and whose late frames are still tolerated (RFC 9113, section 5.4.2).
    static let resetStreamsRemembered = 256

    /// Parameters in one SETTINGS frame; RFC 9113 defines six.
    static let settingsParametersMax = 32

    /// A DATA frame forced below this many bytes by a small window costs more than it carries.
    static let tinyFragmentBytes = 16

    /// Debug text taken from a GOAWAY.
    static let goAwayTextBytesMax = 1_024

    // What a peer may do beyond its requests, as a burst and then per second.

    /// Streams opened and reset by the peer (rapid reset, CVE-2023-44487).
    ///
    /// A client may cancel all of its requests at once, but not again and again for ever. Requests
    /// answered earn credit.
    static let resets = FloodBudget(burst: 4_096, perSecond: 200)

    /// Resets that the peer makes *us* send (MadeYouReset, CVE-2025-8671): each is a mistake.
    static let provokedResets = FloodBudget(burst: 100, perSecond: 10)

    /// SETTINGS frames: clients send one or two in a connection's life.
    static let settings = FloodBudget(burst: 100, perSecond: 10)

    /// PING frames.
    ///
    /// grpc-go sends one per round trip while data flows, to estimate bandwidth; each frame that
    /// we send earns credit, so that such a client is never cut off.
    static let pings = FloodBudget(burst: 10_000, perSecond: 1_000)

    /// PRIORITY, WINDOW_UPDATE, RST_STREAM of closed streams, unknown frames; what we send earns
    /// credit.
    static let control = FloodBudget(burst: 10_000, perSecond: 2_000)

    /// DATA frames without a byte that do not end their stream: no client needs them.
    static let emptyFrames = FloodBudget(burst: 100, perSecond: 10)

    /// DATA frames that a small window forces below `tinyFragmentBytes` (CVE-2019-9511).
    ///
    /// Generous: a peer that gives back each part that it reads falls into ever smaller fragments
    /// without malice, and holding bytes back until the window is wider could wait for ever for one
    /// that grants exactly what its next message needs.
    static let tinyFragments = FloodBudget(burst: 100_000, perSecond: 20_000)
}
