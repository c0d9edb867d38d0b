public import KeyspaceModel

/// One call of a client, from invocation to answer.
public struct Operation: Sendable {
    public var client: UInt32
    public var request: OperationRequest

    /// When it was called and when the answer came, on one clock that all clients share.
    public var invoked: UInt64
    public var outcome: OperationOutcome

    public init(
        client: UInt32,
        request: OperationRequest,
        invoked: UInt64,
        outcome: OperationOutcome = .unknown
    ) {
        self.client = client
        self.request = request
        self.invoked = invoked
        self.outcome = outcome
    }

    /// When the answer came; nil if none did.
    public var returned: UInt64? {
        switch outcome {
        case .succeeded(_, let time), .rejected(_, let time), .notApplied(let time): time
        case .unknown: nil
        }
    }

    public var response: OperationResponse? {
        guard case .succeeded(let response, _) = outcome else { return nil }
        return response
    }
}

public enum OperationRequest: Sendable, Equatable {
    case put(PutRequest)
    case range(RangeRequest)
    case deleteRange(DeleteRangeRequest)
    case txn(TxnRequest)
    case compact(CompactionRequest)
    case leaseGrant(LeaseGrantRequest)
    case leaseRevoke(LeaseRevokeRequest)
    case leaseKeepAlive(LeaseKeepAliveRequest)
}

public enum OperationResponse: Sendable, Equatable {
    case put(PutResponse)
    case range(RangeResponse)
    case deleteRange(DeleteRangeResponse)
    case txn(TxnResponse)
    case compact(CompactionResponse)
    case leaseGrant(LeaseGrantResponse)
    case leaseRevoke(LeaseRevokeResponse)
    case leaseKeepAlive(LeaseKeepAliveResponse)
}

/// What a client knows of its call.
public enum OperationOutcome: Sendable, Equatable {
    case succeeded(OperationResponse, at: UInt64)

    /// The keyspace itself said no; nothing was changed.
    case rejected(Rejection, at: UInt64)

    /// It certainly had no effect and never will.
    case notApplied(at: UInt64)

    /// It may have had an effect, or may still have one.
    case unknown
}

/// Why a keyspace said no, as far as a checker can judge it.
public enum Rejection: Sendable, Equatable {
    case compacted
    case futureRevision
    case leaseNotFound
    case leaseExists

    /// By an alarm.
    case noSpace
    case corrupt
    case other(String)
}
