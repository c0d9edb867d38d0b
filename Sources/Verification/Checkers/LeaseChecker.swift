internal import KeyspaceModel

/// Leases end in time: never early, never twice, never halfway.
///
/// Lease IDs must not be used again in one history. Time is that of the history's clock; a node's
/// clock may run fast, by which a lease may end early: `clockFastestPermille`, 1000 for a true one.
public struct LeaseChecker {
    private let clockFastestPermille: UInt64

    /// What a lease's expiry may be early by, for clocks that count whole milliseconds.
    private let toleranceNanoseconds: UInt64 = 2_000_000

    private let history: History
    private let ends: [LeaseEnd]

    /// Places of the operations that name a lease as theirs, by lease; looked up only.
    private let operationsOfLease: [Int64: [Int]]

    /// `ends` as `KeyspaceChecker.check` found them.
    public init(_ history: History, ends: [LeaseEnd], clockFastestPermille: UInt64) {
        self.history = history
        self.ends = ends
        self.clockFastestPermille = clockFastestPermille
        var operationsOfLease: [Int64: [Int]] = [:]
        for (place, operation) in history.operations.enumerated() {
            guard let lease = operation.request.leaseKept else { continue }
            operationsOfLease[lease, default: []].append(place)
        }
        self.operationsOfLease = operationsOfLease
    }

    public func check() throws(Violation) {
        try checkNothingIsLeft()
        for end in ends {
            for lease in end.leases {
                let moment = Moment(time: end.seenAt, revision: end.revision)
                try checkNotEarly(lease, at: moment, "ended at revision \(end.revision)")
                try checkStaysEnded(lease, end.revision)
            }
        }
        for operation in history.operations {
            guard let (lease, time) = deniedLease(operation) else { continue }
            let moment = Moment(time: time, revision: operation.response?.revision)
            try checkNotEarly(lease, at: moment, operation.line)
        }
    }

    /// When something was seen of a lease, and at which revision, if that is known.
    private struct Moment {
        var time: UInt64
        var revision: Int64?

        /// Whether the operation had its effect before: it was answered before, or at a lower
        /// revision, whenever the answer came.
        func follows(_ operation: Operation) -> Bool {
            guard let returned = operation.returned else { return false }
            if returned < time { return true }
            guard let revision, let before = operation.response?.revision else { return false }
            return before < revision
        }
    }

    /// A lease that somebody tried to revoke may end at any time from then on.
    private func checkNotEarly(
        _ lease: Int64,
        at moment: Moment,
        _ fact: String
    ) throws(Violation) {
        var earliest: UInt64 = 0
        var isGranted = false
        for place in operationsOfLease[lease] ?? [] {
            let operation = history.operations[place]
            switch operation.request {
            case .leaseRevoke: if operation.invoked <= moment.time { return }
            case .leaseGrant:
                isGranted = isGranted || moment.follows(operation)
                earliest = max(earliest, deadline(operation, before: moment))
            case .leaseKeepAlive:
                earliest = max(earliest, deadline(operation, before: moment))
            case .put, .range, .deleteRange, .txn, .compact: continue
            }
        }
        guard !isGranted || moment.time + toleranceNanoseconds >= earliest else {
            throw Violation(
                .leaseLifetime,
                "lease \(lease) was to live until \(earliest); at \(moment.time): \(fact)"
            )
        }
    }

    /// The time until which an answered grant or renewal promised the lease to live.
    private func deadline(_ operation: Operation, before moment: Moment) -> UInt64 {
        let seconds: Int64
        switch operation.response {
        case .leaseGrant(let response): seconds = response.ttl
        case .leaseKeepAlive(let response): seconds = response.ttl
        case .put, .range, .deleteRange, .txn, .compact, .leaseRevoke, nil: return 0
        }
        guard seconds > 0, moment.follows(operation) else { return 0 }
        return operation.invoked + UInt64(seconds) * 1_000_000_000_000 / clockFastestPermille
    }

    private func checkStaysEnded(_ lease: Int64, _ revision: Int64) throws(Violation) {
        for change in history.changes where change.revision > revision {
            for event in change.events where event.type == .put && event.kv?.lease == lease {
                throw Violation(
                    .leaseEnd,
                    "lease \(lease) ended at revision \(revision), but \(change.revision) has it"
                )
            }
        }
    }

    /// What a revoked lease had is gone at the revision with which the answer came.
    private func checkNothingIsLeft() throws(Violation) {
        var revoked: [(revision: Int64, lease: Int64)] = []
        for operation in history.operations {
            guard case .leaseRevoke(let request) = operation.request,
                case .leaseRevoke(let response)? = operation.response,
                let revision = response.header?.revision
            else { continue }
            revoked.append((revision, request.id))
        }
        revoked.sort { ($0.revision, $0.lease) < ($1.revision, $1.lease) }
        var model = ReferenceKeyspace()
        var changes = history.changes[...]
        for (revision, lease) in revoked {
            while let change = changes.first, change.revision <= revision {
                model.apply(change)
                changes.removeFirst()
            }
            guard let left = model.keyValues.first(where: { $0.lease == lease }) else { continue }
            throw Violation(
                .leaseAtomicity,
                "lease \(lease) was revoked at revision \(revision), which has \(left.key)"
            )
        }
    }

    /// The lease that an answer says is not there, and when it said so.
    private func deniedLease(_ operation: Operation) -> (lease: Int64, time: UInt64)? {
        switch (operation.request, operation.outcome) {
        case (.leaseKeepAlive(let request), .succeeded(.leaseKeepAlive(let response), let time)):
            response.ttl == 0 ? (request.id, time) : nil
        case (.leaseRevoke(let request), .rejected(.leaseNotFound, let time)): (request.id, time)
        case (.put(let request), .rejected(.leaseNotFound, let time)): (request.lease, time)
        default: nil
        }
    }
}

extension OperationRequest {
    /// The lease that it grants, renews or revokes.
    fileprivate var leaseKept: Int64? {
        switch self {
        case .leaseGrant(let request): request.id
        case .leaseRevoke(let request): request.id
        case .leaseKeepAlive(let request): request.id
        case .put, .range, .deleteRange, .txn, .compact: nil
        }
    }
}
