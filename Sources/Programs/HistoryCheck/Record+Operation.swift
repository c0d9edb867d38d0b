internal import Bytes
internal import Checkers
internal import EtcdWire
internal import KeyspaceModel

// A call of etcd's API, as the checkers want it.
extension Record {
    /// By path; looked up only.
    private static let methods = Dictionary(
        uniqueKeysWithValues: EtcdMethod.allCases.map { ($0.path, $0) }
    )

    /// Nil if the call is of a method that no checker judges.
    func operation() throws(DecodeError) -> Operation? {
        guard let request = try operationRequest() else { return nil }
        var operation = Operation(client: client, request: request, invoked: invoked)
        guard let returned else { return operation }
        guard returned >= invoked else { throw .malformed("an answer before its call") }
        if let response = try operationResponse() {
            operation.outcome = .succeeded(response, at: returned)
        } else {
            operation.outcome = outcome(at: returned)
        }
        return operation
    }

    private func operationRequest() throws(DecodeError) -> OperationRequest? {
        guard let request else { throw .malformed("a call without a request") }
        return switch Self.methods[method] {
        case .put: .put(try PutRequest(decoding: request))
        case .range: .range(try RangeRequest(decoding: request))
        case .deleteRange: .deleteRange(try DeleteRangeRequest(decoding: request))
        case .txn: .txn(try TxnRequest(decoding: request))
        case .compact: .compact(try CompactionRequest(decoding: request))
        case .leaseGrant: .leaseGrant(try LeaseGrantRequest(decoding: request))
        case .leaseRevoke: .leaseRevoke(try LeaseRevokeRequest(decoding: request))
        case .leaseKeepAlive: .leaseKeepAlive(try LeaseKeepAliveRequest(decoding: request))
        default: nil
        }
    }

    private func operationResponse() throws(DecodeError) -> OperationResponse? {
        guard let response else { return nil }
        return switch Self.methods[method] {
        case .put: .put(try PutResponse(decoding: response))
        case .range: .range(try RangeResponse(decoding: response))
        case .deleteRange: .deleteRange(try DeleteRangeResponse(decoding: response))
        case .txn: .txn(try TxnResponse(decoding: response))
        case .compact: .compact(try CompactionResponse(decoding: response))
        case .leaseGrant: .leaseGrant(try LeaseGrantResponse(decoding: response))
        case .leaseRevoke: .leaseRevoke(try LeaseRevokeResponse(decoding: response))
        case .leaseKeepAlive: .leaseKeepAlive(try LeaseKeepAliveResponse(decoding: response))
        default: nil
        }
    }

    /// What an error tells, by the words that docs/reference/errors.md promises.
    ///
    /// Whatever it does not promise anything about may have happened.
    private func outcome(at time: UInt64) -> OperationOutcome {
        let rejections: [(words: String, rejection: Rejection)] = [
            ("required revision has been compacted", .compacted),
            ("required revision is a future revision", .futureRevision),
            ("requested lease not found", .leaseNotFound),
            ("lease already exists", .leaseExists),
        ]
        for (words, rejection) in rejections where error.contains(words) {
            return .rejected(rejection, at: time)
        }
        let notApplied = [
            "etcdserver: no leader", "mvcc: database space exceeded", "etcdserver: server stopped",
            // gRPC's own: the request was never sent.
            "failed to connect to all addresses",
        ]
        return notApplied.contains { error.contains($0) } ? .notApplied(at: time) : .unknown
    }
}
