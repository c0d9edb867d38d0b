internal import Bytes

// Flow control on the way out (RFC 9113, section 5.2): what windows and room allow goes to the
// output at once, the rest waits in its stream's outbox. Streams take turns, a frame each.
extension HTTP2Connection {
    /// How many bytes of a body may go out at once on the stream, in one frame.
    func room(_ slot: Int) -> Int {
        guard output.count < settings.outputBytesMax, streams[slot].outbox == nil else { return 0 }
        return max(0, min(sendWindow, streams[slot].sendWindow, peer.frameBytesMax))
    }

    /// The stream, if our side may still send on it.
    func openSlot(_ stream: StreamID) -> Int? {
        guard let slot = streams.slot(of: stream.rawValue), !streams[slot].isLocalEnded else {
            return nil
        }
        if case .notYet = streams[slot].outbox?.end ?? .notYet { return slot }
        return nil
    }

    /// Whether the stream's queue takes more: while it is empty, one body of any size.
    func hasRoomInQueue(_ slot: Int) -> Bool {
        (streams[slot].outbox?.bytes ?? 0) < settings.streamQueuedBytesMax
            && queuedBytes < settings.queuedBytesMax
            && (allowance.map { $0.bytes < $0.bytesMax } ?? true)
    }

    /// Lets bytes wait in the stream's outbox, in turn.
    func queue(_ slot: Int, _ chunks: (ByteSlice, ByteSlice), _ end: StreamEnd) {
        let outbox = streams[slot].outbox ?? Outbox()
        outbox.append(chunks.0)
        outbox.append(chunks.1)
        outbox.end = end
        queuedBytes += chunks.0.count + chunks.1.count
        if outbox.bytes >= settings.streamWritableBytes { outbox.wasFull = true }
        streams[slot].outbox = outbox
        list(slot)
    }

    /// Puts a stream with waiting bytes and an open window into the list of those that wait.
    func list(_ slot: Int) {
        guard streams[slot].sendWindow > 0, let outbox = streams[slot].outbox, !outbox.isListed
        else { return }
        outbox.isListed = true
        if waiting.count > 2 * streams.count + Self.waitingKept { forgetEndedWaiters() }
        waiting.append(streams[slot].id)
    }

    /// Streams that were reset stay in the list until their turn, which a closed window never brings.
    private func forgetEndedWaiters() {
        waiting.removeAll { streams.slot(of: $0) == nil }
    }

    private static let waitingKept = 64

    /// Sends waiting bytes, a frame of each stream in turn, as far as windows and room allow.
    func pump() {
        var position = 0
        while position < waiting.count, sendWindow > 0, output.count < settings.outputBytesMax {
            let id = waiting[position]
            position += 1
            guard let slot = streams.slot(of: id), let outbox = streams[slot].outbox else {
                continue
            }
            outbox.isListed = false
            sendFrame(slot, outbox)
        }
        if position == waiting.count {
            waiting.removeAll(keepingCapacity: true)
        } else {
            waiting.removeFirst(position)
        }
    }

    /// The same when the peer moved a window: tiny ones cost it.
    func pumpWithinBudget() throws(HTTP2Failure) {
        pump()
        guard !budgets.tinyFragments.isSpent else { throw .flood("tiny windows") }
    }

    private func sendFrame(_ slot: Int, _ outbox: Outbox) {
        let id = streams[slot].id
        let room = min(sendWindow, streams[slot].sendWindow, peer.frameBytesMax)
        let count = min(room, outbox.bytes)
        guard count > 0 else { return }
        let isAll = count == outbox.bytes
        if !isAll, count < Limits.tinyFragmentBytes { budgets.tinyFragments.charge() }
        var endStream = false
        if isAll, case .withBody = outbox.end { endStream = true }
        writeFrameHeader(.data, endStream ? .endStream : [], stream: id, length: count)
        outbox.move(count, into: &output)
        spendSendWindow(slot, count)
        queuedBytes -= count
        if outbox.wasFull, 2 * outbox.bytes < settings.streamWritableBytes {
            outbox.wasFull = false
            if case .notYet = outbox.end { writableStreams.append(id) }
        }
        guard isAll else {
            list(slot)
            return
        }
        streams[slot].outbox = nil
        switch outbox.end {
        case .notYet: break
        case .withBody: endLocal(slot)
        case .withTrailers(let status, let message): writeTrailers(slot, status, message)
        }
    }

    func spendSendWindow(_ slot: Int, _ count: Int) {
        budgets.earnBySending()
        sendWindow -= count
        streams[slot].sendWindow -= count
    }

    func announceWritable<Sink: HTTP2EventSink>(into sink: Sink) {
        var announced: [UInt32] = []
        swap(&announced, &writableStreams)
        for id in announced where isWritable(StreamID(id)) { sink.streamWritable(StreamID(id)) }
    }

    /// DATA, at once if it fits, else whole into the queue; false if that is full.
    func sendBody(_ slot: Int, _ bytes: ByteSlice, endStream: Bool) -> Bool {
        guard bytes.count <= room(slot) else {
            guard hasRoomInQueue(slot) else { return false }
            queue(slot, (bytes, .empty), endStream ? .withBody : .notYet)
            pump()
            return true
        }
        if let outbox = streams[slot].outbox {
            // Only an empty part comes here, as there is no room beside an outbox.
            if endStream { outbox.end = .withBody }
            return true
        }
        writeFrameHeader(
            .data,
            endStream ? .endStream : [],
            stream: streams[slot].id,
            length: bytes.count
        )
        bytes.withUnsafeBytes { output.append(contentsOf: $0) }
        spendSendWindow(slot, bytes.count)
        if endStream { endLocal(slot) }
        return true
    }

    /// A gRPC message: its prefix and its bytes, in one DATA frame where they fit.
    func sendPrefixed(_ slot: Int, _ message: ByteSlice, _ end: StreamEnd) -> Bool {
        let count = GRPCMessageReader.prefixBytes + message.count
        guard count <= room(slot) else {
            guard hasRoomInQueue(slot) else { return false }
            queue(slot, (GRPCMessageReader.prefix(of: message.count), message), end)
            pump()
            return true
        }
        var endStream = false
        if case .withBody = end { endStream = true }
        let id = streams[slot].id
        writeFrameHeader(.data, endStream ? .endStream : [], stream: id, length: count)
        output.append(0)
        writeInteger(UInt32(clamping: message.count))
        message.withUnsafeBytes { output.append(contentsOf: $0) }
        spendSendWindow(slot, count)
        switch end {
        case .notYet: break
        case .withBody: endLocal(slot)
        case .withTrailers(let status, let text): writeTrailers(slot, status, text)
        }
        return true
    }
}
