internal import KeyspaceModel

/// Where an answered operation stands in the order of revisions, by what its answer says.
enum Placement: Equatable {
    /// It made this revision.
    case writes(Int64)

    /// It changed nothing; it saw the state of `state` while the keyspace was at `at`.
    case observes(state: Int64, at: Int64)

    /// Its answer says nothing about keys; the keyspace was at `at`.
    case passes(at: Int64)

    /// Nil if the answer bears no revision.
    init?(_ request: OperationRequest, _ response: OperationResponse) {
        guard let revision = response.revision else { return nil }
        switch (request, response) {
        case (_, .put): self = .writes(revision)
        case (_, .deleteRange(let response)):
            self = Self.writes(response.deleted > 0, at: revision)
        case (_, .txn(let response)): self = Self.writes(response.hasWritten, at: revision)
        case (.range(let request), .range):
            let state = request.revision > 0 ? request.revision : revision
            self = .observes(state: state, at: revision)
        case (_, .range), (_, .compact), (_, .leaseGrant), (_, .leaseRevoke),
            (_, .leaseKeepAlive):
            self = .passes(at: revision)
        }
    }

    private static func writes(_ hasWritten: Bool, at revision: Int64) -> Placement {
        hasWritten ? .writes(revision) : .observes(state: revision, at: revision)
    }

    /// The keyspace's revision when it was carried out.
    var revision: Int64 {
        switch self {
        case .writes(let revision), .observes(_, let revision), .passes(let revision): revision
        }
    }
}

extension OperationResponse {
    /// The keyspace's revision that the answer bears.
    public var revision: Int64? {
        switch self {
        case .put(let response): response.header?.revision
        case .range(let response): response.header?.revision
        case .deleteRange(let response): response.header?.revision
        case .txn(let response): response.header?.revision
        case .compact(let response): response.header?.revision
        case .leaseGrant(let response): response.header?.revision
        case .leaseRevoke(let response): response.header?.revision
        case .leaseKeepAlive(let response): response.header?.revision
        }
    }

    /// The answer without its headers, to be compared with the model's.
    var withoutHeaders: OperationResponse {
        switch self {
        case .put(var response):
            response.header = nil
            return .put(response)
        case .range(var response):
            response.header = nil
            return .range(response)
        case .deleteRange(var response):
            response.header = nil
            return .deleteRange(response)
        case .txn(let response): return .txn(response.withoutHeaders)
        case .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: return self
        }
    }
}

extension TxnResponse {
    var hasWritten: Bool {
        responses.contains { operation in
            switch operation.response {
            case .responsePut: true
            case .responseDeleteRange(let response): response.deleted > 0
            case .responseTxn(let response): response.hasWritten
            case .responseRange, nil: false
            }
        }
    }

    var withoutHeaders: TxnResponse {
        var bare = self
        bare.header = nil
        for place in bare.responses.indices {
            switch bare.responses[place].response {
            case .responsePut(var response):
                response.header = nil
                bare.responses[place].response = .responsePut(response)
            case .responseRange(var response):
                response.header = nil
                bare.responses[place].response = .responseRange(response)
            case .responseDeleteRange(var response):
                response.header = nil
                bare.responses[place].response = .responseDeleteRange(response)
            case .responseTxn(let response):
                bare.responses[place].response = .responseTxn(response.withoutHeaders)
            case nil: break
            }
        }
        return bare
    }
}
