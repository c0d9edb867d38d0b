internal import Bytes
internal import Environment
internal import EtcdWire
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Ranges that take too long for the loop: measured and encoded by workers, as the client reads.
extension EtcdConnection {
    func answer(_ key: CallKey, longRange request: RangeRequest, from keyspace: Keyspace) {
        let header = front.header(keyspace.revision.number)
        elsewhere(key) {
            Self.measure(request, in: keyspace, header)
        } then: {
            $0.begin($1, key)
        }
    }

    private static func measure(
        _ request: RangeRequest,
        in keyspace: Keyspace,
        _ header: ResponseHeader
    ) -> Result<LongRange, GRPCStatus> {
        do throws(KeyspaceError) {
            let range = try LongRange(request, in: keyspace, header)
            guard range.encodedLength <= Limits.responseBytesMax else {
                return .failure(.tooLarge(range.encodedLength, limit: Limits.responseBytesMax))
            }
            return .success(range)
        } catch {
            return .failure(ErrorMapping.status(of: error))
        }
    }

    private func begin(_ range: LongRange, _ key: CallKey) {
        guard let stream = calls[key]?.stream else { return }
        if let method = calls[key]?.method { front.counters.noteSent(method) }
        http.respondHeaders(stream)
        http.sendBody(stream, range.opening(), endStream: false)
        noteOutput()
        orderPiece(of: range, key)
    }

    /// Has the next piece made, if the stream takes it; called again when it does.
    func orderPiece(of range: LongRange, _ key: CallKey) {
        guard let stream = calls[key]?.stream else { return }
        guard http.isWritable(stream) else {
            calls[key]?.work = .longRange(range)
            return
        }
        elsewhere(key, as: .continuation) {
            var range = range
            let piece = range.piece(bytes: Limits.workerPieceBytes)
            return .success((range, piece))
        } then: {
            $0.send($1.1, of: $1.0, key)
        }
    }

    private func send(
        _ piece: (bytes: ByteSlice, isLast: Bool),
        of range: LongRange,
        _ key: CallKey
    ) {
        guard let stream = calls[key]?.stream else { return }
        if !piece.bytes.isEmpty { http.sendBody(stream, piece.bytes, endStream: false) }
        noteOutput()
        guard piece.isLast else { return orderPiece(of: range, key) }
        let closing = range.closing()
        if !closing.isEmpty { http.sendBody(stream, closing, endStream: false) }
        end(key, .ok)
    }
}
