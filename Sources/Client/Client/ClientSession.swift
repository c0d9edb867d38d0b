internal import Bytes
internal import EtcdWire
internal import HTTP2Wire
internal import NIOCore

/// One connection's calls, on its event loop.
final class ClientSession: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Answer: Sendable {
        case message(ByteSlice, StreamID)
        case failed(ClientError)
    }

    typealias Answers = AsyncStream<Answer>.Continuation

    private struct Call {
        var reader: GRPCMessageReader
        var answers: Answers
        var deadline: Scheduled<Void>?

        /// Messages that nobody has taken yet; counted for streams alone.
        var heldBytes = 0
        var isStream: Bool
    }

    /// A list of everything in one answer may be large; etcd's own clients set no limit.
    private static let messageBytesMax = 1 << 30

    /// Messages of streams that wait to be taken before nothing more is read: a snapshot of any size
    /// is written to a slow disk in little memory.
    private static let heldBytesMax = 4 << 20

    private let authority: ByteSlice
    private let http = HTTP2Connection(role: .client)
    private var calls: [UInt32: Call] = [:]
    private var context: ChannelHandlerContext?
    private var heldBytes = 0
    private var isReadHeldBack = false

    /// What every request says besides: which keyspace it is about.
    private let fields: [HeaderField]

    init(authority: String, keyspace: String? = nil) {
        self.authority = ByteSlice(authority)
        fields = keyspace.map { [HeaderField("martlet-keyspace", ByteSlice($0))] } ?? []
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        flush()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        failAll(.timedOut)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let milliseconds = NIODeadline.now().uptimeNanoseconds / 1_000_000
        unwrapInboundIn(data).withUnsafeReadableBytes {
            http.receive($0, atMilliseconds: milliseconds, into: self)
        }
        flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        guard heldBytes < Self.heldBytesMax else {
            isReadHeldBack = true
            return
        }
        context.read()
    }

    /// A stream's message was taken.
    func taken(_ count: Int, of stream: StreamID) {
        guard calls[stream.rawValue]?.isStream == true else { return }
        calls[stream.rawValue]?.heldBytes -= count
        release(count)
    }

    private func release(_ count: Int) {
        heldBytes -= count
        guard isReadHeldBack, heldBytes < Self.heldBytesMax else { return }
        isReadHeldBack = false
        context?.read()
    }

    /// Nobody takes the answers any longer.
    private func abandon(_ stream: StreamID) {
        guard calls[stream.rawValue] != nil else { return }
        http.reset(stream, .cancel)
        finish(stream, nil)
        flush()
    }

    func start(
        _ method: EtcdMethod,
        _ message: ByteSlice,
        endsRequest: Bool,
        timeoutNanoseconds: Int64?,
        _ answers: Answers
    ) {
        guard let context, context.channel.isActive else {
            return Self.end(
                answers,
                .unreachable("the connection was closed at once: is it the port of etcd's clients?")
            )
        }
        var request = OutgoingRequest(path: ByteSlice(method.path), authority: authority)
        request.fields = fields
        guard let stream = http.startRequest(request) else {
            return Self.end(answers, .unreachable("the server takes no more calls"))
        }
        var call = Call(
            reader: GRPCMessageReader(limit: Self.messageBytesMax),
            answers: answers,
            isStream: timeoutNanoseconds == nil
        )
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        answers.onTermination = { reason in
            guard case .cancelled = reason else { return }
            loop.execute { bound.value.abandon(stream) }
        }
        if let timeoutNanoseconds {
            call.deadline = context.eventLoop.scheduleTask(
                in: .nanoseconds(timeoutNanoseconds)
            ) {
                bound.value.expire(stream)
            }
        }
        calls[stream.rawValue] = call
        if endsRequest {
            http.finishRequest(stream, message)
        } else {
            http.sendMessage(stream, message)
        }
        flush()
    }

    private func expire(_ stream: StreamID) {
        guard calls[stream.rawValue] != nil else { return }
        http.reset(stream, .cancel)
        finish(stream, .timedOut)
        flush()
    }

    private func finish(_ stream: StreamID, _ error: ClientError?) {
        guard let call = calls.removeValue(forKey: stream.rawValue) else { return }
        call.deadline?.cancel()
        release(call.heldBytes)
        if let error {
            Self.end(call.answers, error)
        } else {
            call.answers.finish()
        }
    }

    private static func end(_ answers: Answers, _ error: ClientError) {
        answers.yield(.failed(error))
        answers.finish()
    }

    private func failAll(_ error: ClientError) {
        for stream in calls.keys.sorted() { finish(StreamID(stream), error) }
    }

    private func flush() {
        guard let context else { return }
        http.flush(to: context, as: self)
        if http.isClosed { context.close(promise: nil) }
    }
}

extension ClientSession: HTTP2EventSink {
    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        guard head.endStream else { return }
        finish(stream, Self.outcome(head.grpcStatus, head.grpcMessage))
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        // Out of the table meanwhile, or each part of a message would copy all that came before it.
        guard var call = calls.removeValue(forKey: stream.rawValue) else { return }
        let answers = call.answers
        let isStream = call.isStream
        var held = 0
        do throws(GRPCFramingError) {
            try call.reader.receive(bytes) { message in
                answers.yield(.message(ByteSlice(copying: message), stream))
                if isStream { held += message.count }
            }
            call.heldBytes += held
            heldBytes += held
            calls[stream.rawValue] = call
        } catch {
            calls[stream.rawValue] = call
            finish(stream, .malformedAnswer(error.message))
        }
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        finish(stream, Self.outcome(trailers.grpcStatus, trailers.grpcMessage))
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) { finish(stream, .timedOut) }

    func connectionFailed(_ failure: HTTP2Failure) { failAll(.malformedAnswer(failure.reason)) }

    private static func outcome(_ status: GRPCStatusCode?, _ message: String) -> ClientError? {
        guard let status else { return .malformedAnswer("no gRPC status") }
        return status == .ok ? nil : .refused(code: Int(status.rawValue), message)
    }
}
