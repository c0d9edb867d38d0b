public import Bytes

/// One HTTP/2 connection (RFC 9113) with HPACK (RFC 7541), server or client, without I/O.
///
/// Bytes go in by `receive`, which calls the sink with what they mean; replies gather in one buffer
/// which the driver takes by `takeOutput` (or `drainOutput`, without an allocation) once a burst.
/// A unary gRPC request costs two calls of the sink and no allocation: its headers become numbers
/// (`RequestHead`), its message is a pointer into the input.
///
/// ```swift
/// static let paths = PathTable(["/etcdserverpb.KV/Range", "/etcdserverpb.KV/Put"])
///
/// final class Session: HTTP2EventSink {
///     let connection = HTTP2Connection(role: .server, paths: Session.paths)
///
///     func channelRead(_ bytes: UnsafeRawBufferPointer, milliseconds: UInt64) {
///         connection.receive(bytes, atMilliseconds: milliseconds, into: self)
///         flush()
///     }
///
///     func requestStarted(_ stream: StreamID, _ head: RequestHead) {
///         guard let path = head.path else {
///             connection.sendTrailers(stream, .unimplemented, "unknown method")  // trailers only
///             return
///         }
///         connection.setTag(UInt64(path), of: stream)      // the front's own number for a stream
///         // connection.currentHeader("token") gives any other header, during this call only
///     }
///
///     func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
///         if endStream, case .message(let message) = GRPCMessageReader.whole(bytes, limit: max) {
///             connection.respondUnary(stream) { $0.raw(message) }  // HEADERS + DATA + trailers
///         } else {
///             // keep a GRPCMessageReader for the stream, see there
///         }
///     }
///
///     func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) { /* forget the stream */ }
///
///     func connectionFailed(_ failure: HTTP2Failure) { /* forget all streams; flush; close */ }
///
///     /// Also after replies given outside of `receive`, once for all of them.
///     func flush() {
///         while connection.hasOutput, channel.isWritable {
///             connection.drainOutput { channel.write($0) }
///             connection.resumeSending(into: self)
///         }
///         if connection.isClosed { channel.close() }
///     }
/// }
/// ```
///
/// A watch sends `respondHeaders`, then `sendMessage` as often as it likes while
/// `isWritable(stream)`, and goes on at `streamWritable`. All sending functions return whether the
/// stream still took it; on a stream that is gone they have no effect, so a reply that comes late
/// needs no special care.
///
/// Back-pressure: while the channel is not writable, drain nothing and read nothing; bodies
/// then wait in their streams, up to `HTTP2Settings.streamQueuedBytesMax` each. On the way in,
/// windows are given back as the sink sees the bytes, so whoever assembles messages bounds what
/// it holds.
///
/// No bytes trap: what is malformed ends its stream (RST_STREAM) or the connection (GOAWAY, then
/// `isClosed`). Floods are bounded by budgets (`Limits`); violation is ENHANCE_YOUR_CALM.
///
/// A class, so that the sink may answer from within an event; not `Sendable`: one loop owns it.
public final class HTTP2Connection {
    public enum Role: Sendable { case server, client }

    let role: Role
    let settings: HTTP2Settings
    var phase: ConnectionPhase
    var departure = Departure.staying
    var budgets: FloodBudgets

    // Input.
    let decoder: HPACKDecoder
    /// The bytes of an incomplete frame, from its first on; empty between frames.
    var pending: [UInt8] = []
    /// A header block without END_HEADERS; nothing but its CONTINUATION may follow.
    var openBlock: OpenHeaderBlock?
    var isReceiving = false
    var receiveWindow: Int
    var receiveCredit = 0
    /// What streams start with: RFC 9113's default until the peer acknowledged a smaller one.
    var streamReceiveWindow: Int
    var isSettingsAcknowledged = false

    // Streams.
    var streams = StreamTable()
    var resetStreams = ResetStreams()
    /// The highest stream that the peer opened; that we took, once no more are; the next of ours.
    var lastPeerStream: UInt32 = 0
    var lastTakenStream = UInt32.max
    var nextOwnStream: UInt32 = 1

    // Output.
    var output: [UInt8] = []
    var encoder = HPACKEncoder()
    var blocks = ReplyBlocks()
    var peer = PeerSettings()
    var sendWindow = Limits.windowAtStart
    /// Streams with bytes that wait for a window or for room in `output`, in turn.
    var waiting: [UInt32] = []
    /// Streams that became writable during this frame.
    var writableStreams: [UInt32] = []

    /// Waiting bytes of all streams together.
    public internal(set) var queuedBytes = 0 {
        didSet { allowance?.bytes += queuedBytes - oldValue }
    }

    /// What this connection shares with others of its loop.
    let allowance: QueueAllowance?

    /// Requests answered or responses received to their end.
    public internal(set) var streamsCompleted = 0

    /// The failure that closed the connection.
    public internal(set) var failure: HTTP2Failure?

    public init(
        role: Role,
        settings: HTTP2Settings = HTTP2Settings(),
        paths: PathTable = PathTable([]),
        allowance: QueueAllowance? = nil
    ) {
        self.role = role
        self.allowance = allowance
        self.settings = settings
        phase = role == .server ? .awaitingPreface : .awaitingSettings
        budgets = FloodBudgets(settings)
        decoder = HPACKDecoder(paths: paths, listBytesMax: settings.headerListBytesMax)
        receiveWindow = max(settings.connectionWindowBytes, Limits.windowAtStart)
        streamReceiveWindow = max(settings.streamWindowBytes, Limits.windowAtStart)
        output.reserveCapacity(Self.outputCapacityAtStart)
        writeOpening()
    }

    private static let outputCapacityAtStart = 256
}

extension HTTP2Connection {
    /// Streams open now; a server that shuts down waits until there are none.
    public var streamCount: Int { streams.count }

    /// Nothing more will be sent or taken.
    public var isClosed: Bool { phase == .closed }

    /// Either side said that it ends, and all streams have: send the output, then close.
    public var isDrained: Bool {
        let isLeaving = departure == .leaving || peer.departure == .leaving
        return phase == .closed || (isLeaving && streams.count == 0)
    }

    /// Whether the stream is open and holds few enough waiting bytes that more are welcome.
    public func isWritable(_ stream: StreamID) -> Bool {
        guard let slot = streams.slot(of: stream.rawValue) else { return false }
        return !streams[slot].isLocalEnded
            && (streams[slot].outbox?.bytes ?? 0) < settings.streamWritableBytes
    }

    /// Bytes that wait for the stream's window.
    public func bufferedBytes(_ stream: StreamID) -> Int {
        guard let slot = streams.slot(of: stream.rawValue) else { return 0 }
        return streams[slot].outbox?.bytes ?? 0
    }

    public func isOpen(_ stream: StreamID) -> Bool { streams.slot(of: stream.rawValue) != nil }

    /// The front's own number for a stream, zero at first; kept so that it needs no table.
    public func tag(of stream: StreamID) -> UInt64 {
        guard let slot = streams.slot(of: stream.rawValue) else { return 0 }
        return streams[slot].tag
    }

    public func setTag(_ tag: UInt64, of stream: StreamID) {
        guard let slot = streams.slot(of: stream.rawValue) else { return }
        streams[slot].tag = tag
    }

    /// The value of a header of the request or response whose event is being delivered.
    public func currentHeader(_ name: String) -> ByteSlice? {
        guard let field = decoder.field(named: name) else { return nil }
        return decoder.value(of: field)
    }

    /// All headers, pseudo-headers too, of the event that is being delivered, in order.
    public var currentHeaders: [HeaderField] {
        decoder.fields.map { HeaderField(decoder.name(of: $0), decoder.value(of: $0)) }
    }

    /// Whether the first bytes of a connection are HTTP/2's preface or HTTP/1.x.
    public static func sniff(_ bytes: UnsafeRawBufferPointer) -> SniffedProtocol {
        SniffedProtocol(bytes)
    }
}
