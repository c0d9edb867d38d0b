internal import Bytes
public import KeyspaceModel

// Requests, answers and events in few words, for violations and for the simulator's story.

extension Operation {
    /// The whole call on one line.
    public var line: String {
        let times = "\(invoked)…\(returned.map { "\($0)" } ?? "")"
        return "client \(client) [\(times)] \(request.line) → \(outcome.line)"
    }
}

extension OperationOutcome {
    public var line: String {
        switch self {
        case .succeeded(let response, _): response.line
        case .rejected(let rejection, _): "rejected: \(rejection)"
        case .notApplied: "not applied"
        case .unknown: "unknown"
        }
    }
}

extension OperationOutcome {
    /// A number that differs where outcomes do, mostly; cheap, for the simulator's trace.
    public var fingerprint: UInt64 {
        switch self {
        case .succeeded(let response, let time): time << 8 ^ UInt64(response.revision ?? 0)
        case .rejected(_, let time): time << 8 ^ 1
        case .notApplied(let time): time << 8 ^ 2
        case .unknown: 3
        }
    }
}

extension OperationRequest {
    public var line: String {
        switch self {
        case .put(let request): request.line
        case .range(let request): request.line
        case .deleteRange(let request): request.line
        case .txn(let request): request.line
        case .compact(let request): "compact \(request.revision)"
        case .leaseGrant(let request): "grant lease \(request.id) for \(request.ttl) s"
        case .leaseRevoke(let request): "revoke lease \(request.id)"
        case .leaseKeepAlive(let request): "keep lease \(request.id) alive"
        }
    }
}

extension OperationResponse {
    public var line: String {
        let answer: String
        switch self {
        case .put(let response): answer = response.prevKv.map { "was \($0.line)" } ?? "ok"
        case .range(let response): answer = response.line
        case .deleteRange(let response):
            answer = "deleted \(response.deleted) \(lines(of: response.prevKvs))"
        case .txn(let response): answer = response.line
        case .compact: answer = "ok"
        case .leaseGrant(let response): answer = "\(response.ttl) s"
        case .leaseRevoke: answer = "ok"
        case .leaseKeepAlive(let response): answer = "\(response.ttl) s"
        }
        return "\(answer) @\(revision ?? 0)"
    }
}

extension Event {
    public var line: String {
        let change = type == .delete ? "delete" : "put"
        let before = prevKv.map { ", was \($0.line)" } ?? ""
        return "\(change) \(kv?.line ?? "?")\(before)"
    }
}

extension WatchResponse {
    public var line: String {
        var words = ["@\(header?.revision ?? 0)"]
        if created { words.append("created") }
        if canceled { words.append("canceled, compacted \(compactRevision) \(cancelReason)") }
        if fragment { words.append("fragment") }
        return (words + events.map(\.line)).joined(separator: " ")
    }
}

func lines(of events: [Event]) -> String {
    "[\(events.map(\.line).joined(separator: ", "))]"
}

private func lines(of keyValues: [KeyValue]) -> String {
    "[\(keyValues.map(\.line).joined(separator: ", "))]"
}

extension KeyValue {
    fileprivate var line: String {
        let lease = lease == 0 ? "" : " lease \(lease)"
        return "\(key)=\(value.line) @\(createRevision)/\(modRevision) v\(version)\(lease)"
    }
}

extension ByteSlice {
    fileprivate var line: String { count > 20 ? "\(self[0..<20])…\(count)" : text }
}

extension PutRequest {
    fileprivate var line: String {
        "put \(key)=\(value.line)\(lease == 0 ? "" : " lease \(lease)")"
    }
}

extension RangeRequest {
    fileprivate var line: String {
        "range \(key) \(rangeEnd)\(revision > 0 ? " at \(revision)" : "")"
            + "\(serializable ? " serializable" : "")\(limit > 0 ? " limit \(limit)" : "")"
    }
}

extension RangeResponse {
    fileprivate var line: String { "\(count): \(lines(of: kvs))" }
}

extension DeleteRangeRequest {
    fileprivate var line: String { "delete \(key) \(rangeEnd)" }
}

extension TxnRequest {
    fileprivate var line: String {
        let conditions = compare.map {
            "\($0.key) \($0.result) \($0.targetUnion.map { "\($0)" } ?? "")"
        }
        return "if \(conditions) then \(success.map(\.line)) else \(failure.map(\.line))"
    }
}

extension RequestOp {
    fileprivate var line: String {
        switch request {
        case .requestRange(let request): request.line
        case .requestPut(let request): request.line
        case .requestDeleteRange(let request): request.line
        case .requestTxn(let request): request.line
        case nil: "nothing"
        }
    }
}

extension TxnResponse {
    fileprivate var line: String {
        let answers = responses.map { operation in
            switch operation.response {
            case .responseRange(let response): response.line
            case .responsePut(let response): response.prevKv.map { "was \($0.line)" } ?? "ok"
            case .responseDeleteRange(let response): "deleted \(response.deleted)"
            case .responseTxn(let response): response.line
            case nil: "nothing"
            }
        }
        return "\(succeeded) \(answers)"
    }
}
