/// What one connection allows its peer; the defaults are those of `Limits`, with the reasons.
public struct HTTP2Settings: Sendable {
    public var concurrentStreams = Limits.concurrentStreams

    /// Receive windows of each stream and of the connection; a message may be larger.
    public var streamWindowBytes = Limits.streamWindowBytes
    public var connectionWindowBytes = Limits.connectionWindowBytes

    public var headerListBytesMax = Limits.headerListBytesMax

    /// Waiting bytes: where a stream stops being writable, and where it refuses more.
    public var streamWritableBytes = Limits.streamWritableBytes
    public var streamQueuedBytesMax = Limits.streamQueuedBytesMax
    public var queuedBytesMax = Limits.queuedBytesMax
    public var outputBytesMax = Limits.outputBytesMax

    public var resets = Limits.resets
    public var provokedResets = Limits.provokedResets
    public var settingsFrames = Limits.settings
    public var pings = Limits.pings
    public var control = Limits.control
    public var emptyFrames = Limits.emptyFrames
    public var tinyFragments = Limits.tinyFragments

    public init() {}
}
