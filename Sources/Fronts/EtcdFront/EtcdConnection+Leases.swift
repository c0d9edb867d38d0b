internal import Bytes
internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// The Lease service.
extension EtcdConnection {
    /// The server chooses the number if the client does not.
    func serveLeaseGrant(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard var request: LeaseGrantRequest = decode(key, message) else { return }
        if request.id == 0 { request.id = front.chooseLeaseID() }
        request.encoded.withUnsafeBytes { bytes in
            propose(key, .leaseGrant, bytes) { (_: LeaseGrantRequest) throws(KeyspaceError) in
            } unless: {
                refuses(key, growthBy: Keyspace.cost(of: request))
            }
        }
    }

    func serveLeaseRevoke(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        propose(key, .leaseRevoke, message) { (_: LeaseRevokeRequest) throws(KeyspaceError) in }
    }

    func serveTimeToLive(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: LeaseTimeToLiveRequest = decode(key, message) else { return }
        read(key, .timeToLive(request))
    }

    func serveLeases(_ key: CallKey) { read(key, .leases) }

    func answer(_ key: CallKey, timeToLive request: LeaseTimeToLiveRequest) {
        guard let keyspace = machine(key)?.keyspace else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        let time = front.shard.groupTime(calls.group(of: key))
        let header = header(key)
        let isLong =
            request.keys
            && keyspace.keyCount(attachedTo: LeaseID(request.id)) > Limits.keysReadOnLoopMax
        answerList(key, isLong: isLong) {
            var response = keyspace.timeToLive(
                of: LeaseID(request.id),
                at: time,
                keys: request.keys
            )
            response.header = header
            return response
        }
    }

    func answerLeases(_ key: CallKey) {
        guard let keyspace = machine(key)?.keyspace else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        let header = header(key)
        answerList(key, isLong: keyspace.leaseCount > Limits.leasesReadOnLoopMax) {
            // etcd lists them by their ends.
            LeaseLeasesResponse(
                header: header,
                leases: keyspace.leasesByDeadline.map { LeaseStatus(id: $0.number) }
            )
        }
    }

    /// One renewal of a stream of them; many may be under way, answered in the log's order.
    ///
    /// A client renews all its leases on one stream, thousands at once after a pause: those wait.
    func serveKeepAlive(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: LeaseKeepAliveRequest = decode(key, message),
            case .keepingAlive(var call)? = calls[key]?.work
        else { return }
        guard call.waiting.count < Limits.keepAlivesWaitingMax else {
            return fail(key, ErrorMapping.tooManyRequests)
        }
        // Else a copy of the queue stayed in the table, and every change copied all of it.
        calls[key]?.work = .receiving
        call.waiting.append(request.id)
        calls[key]?.work = .keepingAlive(call)
        renewWaiting(key)
    }

    private func renewWaiting(_ key: CallKey) {
        while case .keepingAlive(var call)? = calls[key]?.work,
            call.inFlight < Limits.keepAlivesInFlightMax
        {
            calls[key]?.work = .receiving
            let next = call.waiting.takeFirst()
            if next != nil { call.inFlight += 1 }
            calls[key]?.work = .keepingAlive(call)
            guard let next else { return }
            LeaseKeepAliveRequest(id: next).encoded.withUnsafeBytes { bytes in
                propose(key, .leaseKeepAlive, bytes) {
                    (_: LeaseKeepAliveRequest) throws(KeyspaceError) in
                }
            }
        }
    }

    func renewed(_ key: CallKey, _ result: CompletionResult) {
        guard case .keepingAlive(var call)? = calls[key]?.work else { return }
        call.inFlight -= 1
        calls[key]?.work = .keepingAlive(call)
        switch result {
        case .applied(.success(.leaseKeepAlive(var response))):
            response.header = header(key, response.header?.revision ?? 0)
            send(key, response)
            renewWaiting(key)
            endIfRenewed(key)
        case .applied(.failure(let error)): fail(key, ErrorMapping.status(of: error))
        case .refused(let refusal): fail(key, ErrorMapping.status(of: refusal))
        case .applied(.success), .readable, .metadataChanged, .leadershipTransferred, .streams:
            return
        }
    }

    /// The client asks for no more renewals, and has the outcome of all.
    func endIfRenewed(_ key: CallKey) {
        guard case .keepingAlive(let call)? = calls[key]?.work, call.isHalfClosed,
            call.inFlight == 0, call.waiting.count == 0
        else { return }
        end(key, .ok)
    }
}
