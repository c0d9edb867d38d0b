internal import HTTP2Wire
internal import NIOCore

extension HTTP2Connection {
    /// Sends all that is ready, and what becomes ready by that.
    func flush<Sink: HTTP2EventSink>(to context: ChannelHandlerContext, as sink: Sink) {
        while hasOutput {
            drainOutput { bytes in
                var buffer = context.channel.allocator.buffer(capacity: bytes.count)
                buffer.writeBytes(bytes)
                context.write(NIOAny(buffer), promise: nil)
            }
            resumeSending(into: sink)
        }
        context.flush()
    }
}
