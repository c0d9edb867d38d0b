internal import Bytes
internal import Environment
internal import EtcdWire
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Ranges that take too long for the loop: read and encoded by workers, those without end bit by
/// bit as the client takes them.
extension EtcdConnection {
    private enum LongAnswer {
        /// A page of usual size, encoded.
        case page(ByteSlice)

        /// To be encoded piece by piece.
        case range(LongRange)
    }

    func answer(_ key: CallKey, longRange request: RangeRequest, from keyspace: Keyspace) {
        let header = header(key, keyspace.revision.number)
        elsewhere(key) {
            Self.read(request, in: keyspace, header)
        } then: {
            switch $1 {
            case .page(let encoded): $0.begin(LargeResponse(encoded), key)
            case .range(let range): $0.begin(range, key)
            }
        }
    }

    private static func read(
        _ request: RangeRequest,
        in keyspace: Keyspace,
        _ header: ResponseHeader
    ) -> Result<LongAnswer, GRPCStatus> {
        do throws(KeyspaceError) {
            if var page = try keyspace.range(request, stepsMax: Limits.keysOfPageMax) {
                page.header = header
                if page.encodedLength <= Limits.pageBytesMax {
                    return .success(.page(page.encoded))
                }
            }
            let range = try LongRange(request, in: keyspace, header)
            guard range.encodedLength <= Limits.responseBytesMax else {
                return .failure(.tooLarge(range.encodedLength, limit: Limits.responseBytesMax))
            }
            return .success(.range(range))
        } catch {
            return .failure(ErrorMapping.status(of: error))
        }
    }

    private func begin(_ range: LongRange, _ key: CallKey) {
        guard let stream = calls[key]?.stream else { return }
        if let method = calls[key]?.method { front.counters.noteSent(method) }
        http.respondHeaders(stream)
        noteOutput()
        if sendPart(key, range.opening()) { orderPiece(of: range, key) }
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
