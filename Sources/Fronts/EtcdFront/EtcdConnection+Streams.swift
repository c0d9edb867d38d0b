internal import Environment
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Answers of many messages: `Snapshot` and `RangeStream`.
extension EtcdConnection {
    /// A copy of what this node has applied; as in etcd, whoever asks a follower may get less.
    func serveSnapshot(_ key: CallKey) {
        guard let keyspace = machine(key)?.keyspace else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        begin(key, StreamedAnswer(snapshotOf: keyspace))
    }

    func serveRangeStream(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: RangeRequest = decode(key, message) else { return }
        do throws(KeyspaceError) {
            try Keyspace.check(request)
        } catch {
            return fail(key, ErrorMapping.status(of: error))
        }
        guard request.isOrderStreamed else { return fail(key, ErrorMapping.customSort) }
        guard !request.isFiltered else { return fail(key, ErrorMapping.filters) }
        if request.serializable {
            answer(key, rangeStream: request)
        } else {
            read(key, .rangeStream(request))
        }
    }

    func answer(_ key: CallKey, rangeStream request: RangeRequest) {
        guard let keyspace = machine(key)?.keyspace else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        do throws(KeyspaceError) {
            let header = header(key, keyspace.revision.number)
            begin(key, StreamedAnswer(try RangeStream(request, of: keyspace, header)))
        } catch {
            fail(key, ErrorMapping.status(of: error))
        }
    }

    private func begin(_ key: CallKey, _ answer: StreamedAnswer) {
        guard let stream = calls[key]?.stream else { return }
        http.respondHeaders(stream)
        noteOutput()
        refill(key, answer, as: .fresh)
    }

    private func refill(_ key: CallKey, _ answer: StreamedAnswer, as standing: WorkStanding) {
        elsewhere(key, as: standing) {
            var answer = answer
            return .success(answer.refill() ? answer : nil)
        } then: { connection, answer in
            guard let answer else { return connection.end(key, .ok) }
            connection.calls[key]?.work = .streaming(answer)
            connection.streamMore(key)
        }
    }

    /// Sends what the stream takes; once all of a batch is taken the next one is made.
    func streamMore(_ key: CallKey) {
        guard case .streaming(var answer)? = calls[key]?.work, let stream = calls[key]?.stream
        else { return }
        noteOutput()
        while http.isWritable(stream) {
            guard let message = answer.takeReady() else {
                return refill(key, answer, as: .continuation)
            }
            guard sendPart(key, message) else { return }
        }
        calls[key]?.work = .streaming(answer)
    }
}
