internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel

/// What becomes of proposals and reads.
extension EtcdConnection {
    func complete(_ key: CallKey, _ result: CompletionResult) {
        if completePlain(key, result) { return }
        if calls.awaitsOutcome(key) {
            switch result {
            case .applied(.success(let response)): answer(key, response)
            case .leadershipTransferred: answer(key, MoveLeaderResponse(header: header(key)))
            case .applied(.failure), .readable, .metadataChanged, .refused, .streams:
                complete(key, failed: result)
            }
        } else if let pending = calls.takePendingRead(key) {
            guard case .readable = result else { return complete(key, failed: result) }
            answer(key, pending)
        } else if case .keepingAlive? = calls[key]?.work {
            renewed(key, result)
        } else if case .changingMembers(let member)? = calls[key]?.work {
            changed(member, key, result)
        } else if case .changingKeyspaces? = calls[key]?.work {
            changedKeyspaces(key, result)
        } else if case .raisingAlarm? = calls[key]?.work {
            fail(key, ErrorMapping.status(of: .noSpace))
        }
    }

    private func complete(_ key: CallKey, failed result: CompletionResult) {
        switch result {
        case .applied(.failure(let error)): fail(key, ErrorMapping.status(of: error))
        case .refused(let refusal): fail(key, ErrorMapping.status(of: refusal))
        case .applied(.success), .readable, .metadataChanged, .leadershipTransferred, .streams:
            return
        }
    }

    private func answer(_ key: CallKey, _ response: KeyspaceResponse) {
        switch response {
        case .put(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answer(key, response)
        case .deleteRange(var response):
            response.header = header(key, response.header?.revision ?? 0)
            guard calls[key]?.method == .unlock else { return answerWhole(key, response) }
            answer(key, UnlockResponse(header: response.header))
        case .txn(var response):
            response.header = header(key, response.header?.revision ?? 0)
            guard calls[key]?.method == .resign else { return answerWhole(key, response) }
            answer(key, ResignResponse(header: response.header))
        case .compaction(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answer(key, response)
        case .leaseGrant(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answer(key, response)
        case .leaseRevoke(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answer(key, response)
        case .alarm(var response):
            response.header = header(key, response.header?.revision ?? 0)
            answer(key, response)
        case .leaseKeepAlive, .none: return
        }
    }
}
