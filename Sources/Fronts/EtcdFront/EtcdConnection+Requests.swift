internal import Bytes
internal import EtcdWire
internal import Groups
public import HTTP2Wire
internal import Model

/// From headers to a whole message.
extension EtcdConnection: HTTP2EventSink {
    public func requestStarted(_ stream: StreamID, _ head: RequestHead) {
        guard let method = method(of: stream, head) else { return }
        if let refusal = refusal(of: method, head) { return refuse(stream, refusal) }
        var call = Call(stream: stream, method: method)
        if case .after(let nanoseconds) = head.timeout {
            call.deadline = deadline(after: nanoseconds)
        }
        call.requiresLeader =
            method.streamsResponses && http.currentHeader("hasleader") == "true"
        let key = calls.insert(call, serial: front.takeSerial())
        http.setTag(key.number, of: stream)
        if method.streamsRequests { begin(key, method) }
        if head.endStream { finish(key, with: UnsafeRawBufferPointer(start: nil, count: 0)) }
    }

    public func bodyReceived(
        _ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool
    ) {
        let key = CallKey(number: http.tag(of: stream))
        guard calls[key]?.stream == stream, let method = calls[key]?.method else { return }
        if method.streamsRequests {
            gather(key, bytes, isStream: true)
            if endStream { halfClose(key) }
        } else if endStream, calls[key]?.gathered.isEmpty == true {
            finish(key, with: bytes)
        } else {
            gather(key, bytes, isStream: false)
            guard endStream, let whole = calls[key]?.gathered else { return }
            whole.withUnsafeBytes { finish(key, with: $0) }
        }
    }

    public func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        if let key = key(of: stream) { abandon(key) }
    }

    public func streamWritable(_ stream: StreamID) {
        guard let key = key(of: stream) else { return }
        switch calls[key]?.work {
        case .watching: setWritable(key, true)
        case .sending: sendMore(key)
        case .receiving, .outcome, .leave, .elsewhere, .keepingAlive, .healthWatching, nil: return
        }
    }

    public func connectionFailed(_ failure: HTTP2Failure) {
        for place in calls.places {
            if let key = calls.key(at: place) { abandon(key) }
        }
        noteOutput()
    }

    /// By the tag, or, once the stream is gone with its tag, by looking for it.
    private func key(of stream: StreamID) -> CallKey? {
        let tagged = CallKey(number: http.tag(of: stream))
        if calls[tagged]?.stream == stream { return tagged }
        for place in calls.places {
            if let key = calls.key(at: place), calls[key]?.stream == stream { return key }
        }
        return nil
    }

    private func deadline(after nanoseconds: UInt64) -> Instant {
        let (sum, overflows) = front.now.number.addingReportingOverflow(nanoseconds)
        let deadline = Instant(overflows ? .max : sum)
        timerAt = min(timerAt ?? deadline, deadline)
        return deadline
    }

    private func method(of stream: StreamID, _ head: RequestHead) -> EtcdMethod? {
        guard head.contentType == .grpc, head.method == .post else {
            refuseWhatIsNotGRPC(stream)
            return nil
        }
        if let path = head.path, let number = UInt8(exactly: path),
            let method = EtcdMethod(rawValue: number), Self.isServed(method)
        {
            return method
        }
        let path = http.currentHeader(":path")?.text ?? ""
        refuse(stream, .unknownMethod(path, services: EtcdMethod.services))
        return nil
    }

    /// What is not served here is as unknown as what is no method at all.
    private static func isServed(_ method: EtcdMethod) -> Bool {
        switch method {
        case .range, .put, .deleteRange, .txn, .compact, .watch, .leaseGrant, .leaseRevoke,
            .leaseKeepAlive, .leaseTimeToLive, .leaseLeases, .memberList, .alarm, .status, .hashKV,
            .healthCheck, .healthWatch:
            true
        case .rangeStream, .memberAdd, .memberRemove, .memberUpdate, .memberPromote, .defragment,
            .hash, .snapshot, .moveLeader, .downgrade:
            false
        }
    }

    private func refusal(of method: EtcdMethod, _ head: RequestHead) -> GRPCStatus? {
        if front.isStopped { return ErrorMapping.stopped }
        if head.isCompressed { return .compressed }
        if head.timeout == .malformed { return .malformedTimeout }
        guard front.leader == nil else { return nil }
        front.refreshLeader()
        let requiresLeader = http.currentHeader("hasleader") == "true"
        return front.leader == nil && requiresLeader ? ErrorMapping.noLeader : nil
    }

    /// Keeps a part of a body, and takes the whole messages out of a stream of them.
    private func gather(_ key: CallKey, _ bytes: UnsafeRawBufferPointer, isStream: Bool) {
        gatheredBytes += bytes.count
        guard gatheredBytes <= Limits.gatheredBytesMax else {
            gatheredBytes -= bytes.count
            return fail(key, ErrorMapping.tooManyRequests)
        }
        calls[key]?.gathered.append(contentsOf: bytes)
        guard let (count, size) = gatheredSize(key) else { return }
        if size > Limits.messageBytesMax { return fail(key, .messageTooLarge(size)) }
        if isStream, count >= size + MessageFrame.prefixLength { takeMessages(key) }
    }

    /// How much a call has gathered, and how long its first message will be.
    private func gatheredSize(_ key: CallKey) -> (count: Int, message: Int)? {
        calls[key]?.gathered.withUnsafeBytes { bytes in
            MessageFrame.announced(in: bytes).map { (bytes.count, $0) }
        } ?? nil
    }

    /// Serves every whole message that a stream has gathered.
    private func takeMessages(_ key: CallKey) {
        guard let whole = calls[key]?.gathered else { return }
        calls[key]?.gathered = []
        gatheredBytes -= whole.count
        var position = 0
        whole.withUnsafeBytes { bytes in
            while calls[key] != nil {
                switch MessageFrame(UnsafeRawBufferPointer(rebasing: bytes[position...])) {
                case .incomplete: return
                case .compressed: fail(key, .compressed)
                case .tooLarge(let size): fail(key, .messageTooLarge(size))
                case .message(let message):
                    position += MessageFrame.prefixLength + message.count
                    serveStreamed(key, message)
                }
            }
        }
        guard calls[key] != nil, position < whole.count else { return }
        calls[key]?.gathered = Array(whole[position...])
        gatheredBytes += whole.count - position
    }

    /// The client's half of a unary call is complete: it must be one message.
    private func finish(_ key: CallKey, with bytes: UnsafeRawBufferPointer) {
        guard let call = calls[key], !call.method.streamsRequests else { return halfClose(key) }
        switch MessageFrame(bytes) {
        case .incomplete: fail(key, .notOneMessage)
        case .compressed: fail(key, .compressed)
        case .tooLarge(let size): fail(key, .messageTooLarge(size))
        case .message(let message):
            guard message.count + MessageFrame.prefixLength == bytes.count else {
                return fail(key, .notOneMessage)
            }
            gatheredBytes -= call.gathered.count
            calls[key]?.gathered = []
            serve(key, call.method, message)
        }
    }

    private func serve(_ key: CallKey, _ method: EtcdMethod, _ message: UnsafeRawBufferPointer) {
        switch method {
        case .range: serveRange(key, message)
        case .put: servePut(key, message)
        case .deleteRange: serveDeleteRange(key, message)
        case .txn: serveTxn(key, message)
        case .compact: serveCompact(key, message)
        case .leaseGrant: serveLeaseGrant(key, message)
        case .leaseRevoke: serveLeaseRevoke(key, message)
        case .leaseTimeToLive: serveTimeToLive(key, message)
        case .leaseLeases: serveLeases(key)
        case .memberList: serveMemberList(key, message)
        case .alarm: serveAlarm(key, message)
        case .status: serveStatus(key)
        case .hashKV: serveHashKV(key, message)
        case .healthCheck: serveHealthCheck(key, message)
        case .healthWatch: serveHealthWatch(key, message)
        case .watch, .leaseKeepAlive, .rangeStream, .memberAdd, .memberRemove, .memberUpdate,
            .memberPromote, .defragment, .hash, .snapshot, .moveLeader, .downgrade:
            return
        }
    }

    /// A stream of requests begins; its headers go out at once, as some clients wait for them.
    private func begin(_ key: CallKey, _ method: EtcdMethod) {
        guard let stream = calls[key]?.stream else { return }
        if method == .watch {
            calls[key]?.work = .watching(WatchCall())
        } else {
            calls[key]?.work = .keepingAlive(KeepAliveCall())
        }
        http.respondHeaders(stream)
        noteOutput()
    }

    private func serveStreamed(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        switch calls[key]?.work {
        case .watching: serveWatch(key, message)
        case .keepingAlive: serveKeepAlive(key, message)
        case .receiving, .outcome, .leave, .elsewhere, .sending, .healthWatching, nil: return
        }
    }

    /// The client asks for no more: a watch stream ends, renewals end with the last outcome.
    private func halfClose(_ key: CallKey) {
        switch calls[key]?.work {
        case .watching: end(key, .ok)
        case .keepingAlive(var call):
            call.isHalfClosed = true
            calls[key]?.work = .keepingAlive(call)
            endIfRenewed(key)
        case .receiving, .outcome, .leave, .elsewhere, .sending, .healthWatching, nil: return
        }
    }
}
