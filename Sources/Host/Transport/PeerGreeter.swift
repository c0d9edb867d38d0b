internal import Bytes
internal import NIOCore
internal import PeerWire

/// Says hello on a dialled connection, checks the answer, and tells the link.
final class PeerGreeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let hello: PeerHello
    private let link: PeerLink
    private var assembler = FrameAssembler()
    private var isOpen = false
    private var reason = "the connection was closed"
    private var deadline: Scheduled<Void>?

    init(hello: PeerHello, link: PeerLink) {
        self.hello = hello
        self.link = link
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Limits.helloSecondsMax)) {
            bound.value.close(promise: nil)
        }
        let bytes = ByteBuffer(bytes: hello.encoded.array)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else { return }
        var bytes = unwrapInboundIn(data)
        assembler.append(&bytes)
        guard let answer = assembler.head(PeerHello.byteCount) else { return }
        do throws(PeerRefusal) {
            try PeerHello(decoding: answer).check(
                cluster: hello.cluster, own: hello.source, dialled: hello.target)
            isOpen = true
            deadline?.cancel()
            link.opened(context.channel)
        } catch {
            reason = "\(error)"
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isOpen, context.channel.isWritable { link.flush() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        link.closed(reason)
        context.fireChannelInactive()
    }
}
