internal import HTTP2Wire
internal import Model

/// JSON over HTTP/1.1 on the port of etcd's clients.
extension EtcdConnection {
    func beginCall(_ request: GatewayRequest) {
        let gateway = gateway ?? GatewayClient()
        self.gateway = gateway
        gateway.begin(request)
        noteOutput()
    }

    /// Whether the gateway's ends have something for each other.
    var gatewayHasWork: Bool {
        guard let gateway else { return false }
        return http.hasOutput || gateway.http.hasOutput
    }

    /// Carries what the gateway's client and server ends have for each other, once each way, and
    /// gives the session what came out.
    func carryGateway() {
        guard let gateway else { return }
        let now = front.now.number / 1_000_000
        if http.hasOutput {
            http.takeOutput().withUnsafeBytes {
                gateway.http.receive($0, atMilliseconds: now, into: gateway)
            }
            http.resumeSending(into: self)
        }
        if gateway.http.hasOutput {
            gateway.http.takeOutput().withUnsafeBytes {
                http.receive($0, atMilliseconds: now, into: self)
            }
            gateway.http.resumeSending(into: gateway)
        }
        guard case .plain(var session) = mode else { return }
        mode = .closed
        session.output += gateway.takeOutput()
        let isAnswered = session.isCalling && !gateway.isBusy
        if isAnswered { session.finishCall(keepsAlive: !gateway.isLast && !front.isStopped) }
        mode = .plain(session)
        if isAnswered { servePlain() }
    }
}
