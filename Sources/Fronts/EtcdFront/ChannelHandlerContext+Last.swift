internal import NIOCore

extension ChannelHandlerContext {
    /// Writes an empty `buffer`, and closes once the socket has taken it and all before it.
    func writeLast(_ buffer: NIOAny) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sent = eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        writeAndFlush(buffer, promise: sent)
    }
}
