internal import Bytes
internal import Environment
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel

/// How calls end, and what streams say.
extension EtcdConnection {
    /// The one answer of a unary call.
    func answer<Response: WireMessage>(_ key: CallKey, _ response: Response) {
        guard let call = remove(key, .ok) else { return }
        front.counters.noteSent(call.method)
        http.respondUnary(call.stream) { response.encode(into: &$0) }
        noteOutput()
    }

    /// A range's answer: at once if it is small, else as the client takes it.
    func answerLarge(_ key: CallKey, _ response: RangeResponse) {
        let length = response.encodedLength
        guard length > Limits.streamBacklogBytes else { return answer(key, response) }
        guard length <= Limits.responseBytesMax else {
            return fail(key, .tooLarge(length, limit: Limits.responseBytesMax))
        }
        begin(LargeResponse(response), key)
    }

    /// An answer that may be large, of a kind that is rarely: encoded in one, elsewhere if it is.
    ///
    /// What it answers has been done, so it is never refused.
    func answerWhole<Response: WireMessage>(_ key: CallKey, _ response: Response) {
        let length = response.encodedLength
        guard length > Limits.streamBacklogBytes else { return answer(key, response) }
        guard length <= Limits.responseBytesMax else {
            return fail(key, .tooLarge(length, limit: Limits.responseBytesMax))
        }
        elsewhere(key, as: .continuation) {
            .success(response.encoded)
        } then: {
            $0.begin(LargeResponse($1), key)
        }
    }

    /// A list that is made from a copy: on the loop if it is short, else elsewhere.
    func answerList<Response: WireMessage>(
        _ key: CallKey,
        isLong: Bool,
        _ make: @escaping @Sendable () -> Response
    ) {
        guard isLong else { return answerWhole(key, make()) }
        elsewhere(key) {
            let response = make()
            let length = response.encodedLength
            guard length <= Limits.responseBytesMax else {
                return .failure(.tooLarge(length, limit: Limits.responseBytesMax))
            }
            return .success(response.encoded)
        } then: {
            $0.begin(LargeResponse($1), key)
        }
    }

    func begin(_ large: LargeResponse, _ key: CallKey) {
        guard let stream = calls[key]?.stream else { return }
        if let method = calls[key]?.method { front.counters.noteSent(method) }
        calls[key]?.work = .sending(large)
        http.respondHeaders(stream)
        noteOutput()
        if sendPart(key, large.opening()) { sendMore(key) }
    }

    /// Encodes as much of a large response as the stream takes; called again when it takes more.
    func sendMore(_ key: CallKey) {
        guard case .sending(var large)? = calls[key]?.work, let stream = calls[key]?.stream else {
            return
        }
        noteOutput()
        while http.isWritable(stream) {
            guard let piece = large.piece() else {
                if sendPart(key, large.closing()) { end(key, .ok) }
                return
            }
            guard sendPart(key, piece) else { return }
        }
        calls[key]?.work = .sending(large)
    }

    /// A part of an answer's bytes; false if there is no room, and the call has ended for it.
    ///
    /// A stream is writable by its own queue, yet its connection's may be full: whoever has left a
    /// thousand answers unread must not get one with a hole in it, and then be told that all is well.
    func sendPart(_ key: CallKey, _ bytes: ByteSlice) -> Bool {
        guard let stream = calls[key]?.stream else { return false }
        guard !bytes.isEmpty else { return true }
        guard http.sendBody(stream, bytes, endStream: false) else {
            end(key, ErrorMapping.clientTooSlow)
            return false
        }
        return true
    }

    /// One message of a stream; a client that has left too much unread loses the stream.
    ///
    /// To leave the message out instead would be a gap in what a watch promises to have none; the
    /// client watches anew from where it stands.
    ///
    /// `tail` are further fields, encoded already.
    func send<Response: WireMessage>(
        _ key: CallKey,
        _ response: Response,
        then tail: ByteSlice = .empty
    ) {
        guard let stream = calls[key]?.stream, let method = calls[key]?.method else { return }
        front.counters.noteSent(method)
        noteOutput()
        let isSent = http.sendMessage(stream) {
            response.encode(into: &$0)
            $0.slice(tail)
        }
        guard isSent else {
            return end(key, ErrorMapping.clientTooSlow)
        }
    }

    /// Ends a call that may have sent something already.
    func end(_ key: CallKey, _ status: GRPCStatus) {
        guard let call = remove(key, status.code) else { return }
        http.sendTrailers(call.stream, status.code, status.message)
        noteOutput()
    }

    /// Ends a call whose request was not carried out.
    ///
    /// Where etcd's server uses its own client, as for Lock and Election, all that this client is
    /// told comes out as Unknown.
    func fail(_ key: CallKey, _ status: GRPCStatus) {
        let isOfRecipes = calls[key]?.method.isOfRecipes ?? false
        end(key, isOfRecipes ? .ofRecipe(status) : status)
    }

    /// Ends a call that was not begun.
    func refuse(_ stream: StreamID, _ status: GRPCStatus) {
        http.sendTrailers(stream, status.code, status.message)
        noteOutput()
    }

    /// As grpc-go answers browsers and others who do not speak gRPC.
    func refuseWhatIsNotGRPC(_ stream: StreamID) {
        http.respond(stream, status: 415, [], .empty)
        noteOutput()
    }

    /// The stream is gone; nobody is to be told.
    func abandon(_ key: CallKey) { remove(key, .cancelled) }

    /// Forgets a call, and the hub its watches.
    @discardableResult
    private func remove(_ key: CallKey, _ code: GRPCStatusCode) -> Call? {
        guard let call = calls.remove(key) else { return nil }
        front.counters.noteEnd(call.method, code)
        gatheredBytes -= call.reader?.bufferedBytes ?? 0
        switch call.work {
        case .watching:
            if let stream = watchStream(key) { machine(key)?.watches.close(stream) }
        case .recipe(let recipe):
            recipeCount -= 1
            front.cancelRecipe(recipe)
        case .elsewhere(let ticket): front.workers.cancel(ticket)
        case .receiving, .outcome, .changingMembers, .changingKeyspaces, .raisingAlarm, .leave,
            .sending, .streaming,
            .longRange, .keepingAlive, .healthWatching, .reflecting:
            break
        }
        return call
    }
}
