internal import Bytes
internal import EtcdWire
internal import Groups
public import HTTP2Wire
internal import Model

/// From headers to a whole message.
extension EtcdConnection: HTTP2EventSink {
    public func requestStarted(_ stream: StreamID, _ head: RequestHead) {
        guard let method = method(of: stream, head) else { return }
        front.counters.noteStart(method)
        if let refusal = refusal(of: method, head) {
            front.counters.noteEnd(method, refusal.code)
            return refuse(stream, refusal)
        }
        let group: GroupID
        do throws(GRPCStatus) {
            group = head.namesKeyspace ? try namedGroup() : .defaultKeyspace
        } catch {
            front.counters.noteEnd(method, error.code)
            return refuse(stream, error)
        }
        var call = Call(stream: stream, method: method, group: group)
        if case .after(let nanoseconds) = head.timeout {
            call.deadline = .after(nanoseconds)
            timerAt = front.now
        }
        call.requiresLeader =
            method.streamsResponses && http.currentHeader("hasleader") == "true"
        let key = calls.insert(call, serial: front.takeSerial())
        http.setTag(key.number, of: stream)
        if method.streamsRequests { begin(key, method) }
        if head.endStream { halfClose(key) }
    }

    public func bodyReceived(
        _ stream: StreamID,
        _ bytes: UnsafeRawBufferPointer,
        endStream: Bool
    ) {
        let key = CallKey(number: http.tag(of: stream))
        guard let method = calls.method(of: key, on: stream) else { return }
        if endStream, !method.streamsRequests, !calls.isGathering(key) {
            serveWhole(key, method, bytes)
        } else {
            gather(key, method, bytes)
            if endStream { halfClose(key) }
        }
    }

    /// A client may also end its half with trailers, which say nothing to us.
    public func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        if let key = key(of: stream) { halfClose(key) }
    }

    public func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        if let key = key(of: stream) { abandon(key) }
    }

    public func streamWritable(_ stream: StreamID) {
        guard let key = key(of: stream) else { return }
        switch calls[key]?.work {
        case .watching: setWritable(key, true)
        case .sending: sendMore(key)
        case .streaming: streamMore(key)
        case .longRange(let range): orderPiece(of: range, key)
        case .recipe(let recipe): front.setWritable(recipe: recipe, true)
        case .receiving, .outcome, .changingMembers, .changingKeyspaces, .raisingAlarm, .leave,
            .elsewhere,
            .keepingAlive, .healthWatching, .reflecting, nil:
            return
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
        return calls.method(of: tagged, on: stream) == nil ? calls.key(of: stream) : tagged
    }

    private func method(of stream: StreamID, _ head: RequestHead) -> EtcdMethod? {
        guard head.contentType == .grpc, head.method == .post else {
            refuseWhatIsNotGRPC(stream)
            return nil
        }
        if let path = head.path, let number = UInt8(exactly: path),
            let method = EtcdMethod(rawValue: number)
        {
            return method
        }
        let path = http.currentHeader(":path")?.text ?? ""
        refuse(stream, .unknownMethod(path, services: EtcdMethod.services))
        return nil
    }

    private func refusal(of method: EtcdMethod, _ head: RequestHead) -> GRPCStatus? {
        if front.isStopped { return ErrorMapping.stopped }
        if head.isCompressed { return .compressed }
        if let refusal = front.learnerRefusal(of: method) { return refusal }
        if head.timeout == .malformed { return .malformedTimeout }
        guard front.leader == nil else { return nil }
        front.refreshLeader()
        let requiresLeader = http.currentHeader("hasleader") == "true"
        return front.leader == nil && requiresLeader ? ErrorMapping.noLeader : nil
    }

    /// The usual case: the one message of a unary call in one part, served where it lies.
    private func serveWhole(
        _ key: CallKey,
        _ method: EtcdMethod,
        _ bytes: UnsafeRawBufferPointer
    ) {
        switch GRPCMessageReader.whole(bytes, limit: Limits.messageBytesMax) {
        case .message(let message):
            front.counters.noteReceived(method)
            serve(key, method, message)
        case .severalParts: fail(key, .notOneMessage)
        case .malformed(let error): fail(key, GRPCStatus(error.status, error.message))
        }
    }

    /// Takes a part of a body, and serves the messages that it completes.
    ///
    /// The reader is out of the table meanwhile, as what it delivers changes the table.
    private func gather(_ key: CallKey, _ method: EtcdMethod, _ bytes: UnsafeRawBufferPointer) {
        var reader = calls[key]?.reader ?? GRPCMessageReader(limit: Limits.messageBytesMax)
        calls[key]?.reader = nil
        gatheredBytes -= reader.bufferedBytes
        do throws(GRPCFramingError) {
            try reader.receive(bytes) { message in
                front.counters.noteReceived(method)
                if method.streamsRequests {
                    serveStreamed(key, message)
                } else if case .receiving? = calls[key]?.work {
                    serve(key, method, message)
                }
            }
        } catch {
            return fail(key, GRPCStatus(error.status, error.message))
        }
        guard calls[key] != nil else { return }
        gatheredBytes += reader.bufferedBytes
        calls[key]?.reader = reader
        if gatheredBytes > Limits.gatheredBytesMax || front.isGatheredFull {
            fail(key, ErrorMapping.tooManyRequests)
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
        case .memberAdd: serveMemberAdd(key, message)
        case .memberRemove: serveMemberRemove(key, message)
        case .memberUpdate: serveMemberUpdate(key, message)
        case .memberPromote: serveMemberPromote(key, message)
        case .alarm: serveAlarm(key, message)
        case .status: serveStatus(key)
        case .hashKV: serveHashKV(key, message)
        case .hash: serveHash(key)
        case .defragment: serveDefragment(key)
        case .downgrade: serveDowngrade(key, message)
        case .moveLeader: serveMoveLeader(key, message)
        case .snapshot: serveSnapshot(key)
        case .rangeStream: serveRangeStream(key, message)
        case .healthCheck: serveHealthCheck(key, message)
        case .healthWatch: serveHealthWatch(key, message)
        case .lock: serveLock(key, message)
        case .unlock: serveUnlock(key, message)
        case .campaign: serveCampaign(key, message)
        case .proclaim: serveProclaim(key, message)
        case .leader: serveLeader(key, message)
        case .observe: serveObserve(key, message)
        case .resign: serveResign(key, message)
        case .createKeyspace: serveCreateKeyspace(key, message)
        case .listKeyspaces: read(key, .keyspaces, of: .control)
        case .dropKeyspace: serveDropKeyspace(key, message)
        case .watch, .leaseKeepAlive, .serverReflectionInfo, .serverReflectionInfoAlpha:
            return
        }
    }

    /// A stream of requests begins; its headers go out at once, as some clients wait for them.
    private func begin(_ key: CallKey, _ method: EtcdMethod) {
        guard let stream = calls[key]?.stream else { return }
        switch method {
        case .watch: calls[key]?.work = .watching(WatchCall())
        case .leaseKeepAlive: calls[key]?.work = .keepingAlive(KeepAliveCall())
        default: calls[key]?.work = .reflecting
        }
        http.respondHeaders(stream)
        noteOutput()
    }

    private func serveStreamed(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        switch calls[key]?.work {
        case .watching: serveWatch(key, message)
        case .keepingAlive: serveKeepAlive(key, message)
        case .reflecting: serveReflection(key, message)
        case .receiving, .outcome, .changingMembers, .changingKeyspaces, .raisingAlarm, .leave,
            .elsewhere, .sending,
            .streaming, .longRange, .healthWatching, .recipe, nil:
            return
        }
    }

    /// The client says no more: renewals end with the last outcome; a watch goes on, as in etcd.
    private func halfClose(_ key: CallKey) {
        switch calls[key]?.work {
        case .receiving: fail(key, .notOneMessage)
        case .reflecting: end(key, .ok)
        case .keepingAlive(var call):
            call.isHalfClosed = true
            calls[key]?.work = .keepingAlive(call)
            endIfRenewed(key)
        case .watching, .outcome, .changingMembers, .changingKeyspaces, .raisingAlarm, .leave,
            .elsewhere, .sending,
            .streaming, .longRange, .healthWatching, .recipe, nil:
            return
        }
    }
}
