internal import Bytes
internal import EtcdWire
internal import HTTP2Wire
internal import NIOCore

/// One connection's calls, on its event loop.
final class ClientSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Answer: Sendable {
        case message(ByteSlice)
        case failed(ClientError)
    }

    typealias Answers = AsyncStream<Answer>.Continuation

    private struct Call {
        var reader: GRPCMessageReader
        var answers: Answers
        var deadline: Scheduled<Void>?
    }

    /// A list of everything in one answer may be large; etcd's own clients set no limit.
    private static let messageBytesMax = 1 << 30

    private let authority: ByteSlice
    private let http = HTTP2Connection(role: .client)
    private var calls: [UInt32: Call] = [:]
    private var context: ChannelHandlerContext?

    init(authority: String) { self.authority = ByteSlice(authority) }

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
        guard
            let stream = http.startRequest(
                OutgoingRequest(path: ByteSlice(method.path), authority: authority)
            )
        else { return Self.end(answers, .unreachable("the server takes no more calls")) }
        var call = Call(
            reader: GRPCMessageReader(limit: Self.messageBytesMax),
            answers: answers
        )
        if let timeoutNanoseconds {
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
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
        while http.hasOutput {
            http.drainOutput { bytes in
                var buffer = context.channel.allocator.buffer(capacity: bytes.count)
                buffer.writeBytes(bytes)
                context.write(wrapOutboundOut(buffer), promise: nil)
            }
            http.resumeSending(into: self)
        }
        context.flush()
        if http.isClosed { context.close(promise: nil) }
    }
}

extension ClientSession: HTTP2EventSink {
    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        guard head.endStream else { return }
        finish(stream, Self.outcome(head.grpcStatus, head.grpcMessage))
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        guard let answers = calls[stream.rawValue]?.answers else { return }
        do throws(GRPCFramingError) {
            try calls[stream.rawValue]?.reader.receive(bytes) { message in
                answers.yield(.message(ByteSlice(copying: message)))
            }
        } catch {
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
