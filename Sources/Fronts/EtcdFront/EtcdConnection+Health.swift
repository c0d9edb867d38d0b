internal import EtcdWire
internal import HTTP2Wire
internal import KeyspaceModel

/// gRPC's health checking: the server as a whole, which goes by the empty name.
extension EtcdConnection {
    func serveHealthCheck(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: HealthCheckRequest = decode(key, message) else { return }
        guard request.service.isEmpty else {
            return fail(key, GRPCStatus(.notFound, "unknown service"))
        }
        answer(key, HealthCheckResponse(status: .serving))
    }

    /// Says the status, then stays silent until the server stops.
    func serveHealthWatch(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: HealthCheckRequest = decode(key, message),
            let stream = calls[key]?.stream
        else { return }
        calls[key]?.work = .healthWatching
        http.respondHeaders(stream)
        send(
            key,
            HealthCheckResponse(status: request.service.isEmpty ? .serving : .serviceUnknown)
        )
    }
}
