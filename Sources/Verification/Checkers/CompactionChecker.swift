internal import KeyspaceModel

/// What is compacted stays compacted, and nothing else is said to be.
struct CompactionChecker {
    private let history: History

    init(_ history: History) { self.history = history }

    func check() throws(Violation) {
        try checkSurvivors()
        for (place, operation) in history.operations.enumerated() {
            guard case .rejected(.compacted, let time) = operation.outcome else { continue }
            try checkRefusal(place, operation, at: time)
        }
    }

    /// Whoever was called after a compaction had returned must not read or compact below it.
    private func checkSurvivors() throws(Violation) {
        var moments: [(time: UInt64, isReturn: Bool, place: Int)] = []
        for (place, operation) in history.operations.enumerated() {
            guard let returned = operation.returned, operation.response != nil else { continue }
            moments.append((operation.invoked, false, place))
            if case .compact = operation.request { moments.append((returned, true, place)) }
        }
        moments.sort {
            ($0.time, $0.isReturn ? 1 : 0, $0.place) < ($1.time, $1.isReturn ? 1 : 0, $1.place)
        }
        var compacted: Int64 = 0
        for moment in moments {
            let operation = history.operations[moment.place]
            switch operation.request {
            case .compact(let request):
                if moment.isReturn {
                    compacted = max(compacted, request.revision)
                } else if request.revision <= compacted {
                    throw violation(operation, compacted)
                }
            case .range(let request):
                if request.revision > 0, request.revision < compacted, !request.serializable {
                    throw violation(operation, compacted)
                }
            case .put, .deleteRange, .txn, .leaseGrant, .leaseRevoke, .leaseKeepAlive: break
            }
        }
    }

    private func violation(_ operation: Operation, _ compacted: Int64) -> Violation {
        Violation(
            .revisions,
            "\(operation.line) though revision \(compacted) was compacted before"
        )
    }

    /// Somebody must have asked for a compaction that explains the refusal.
    private func checkRefusal(
        _ place: Int,
        _ operation: Operation,
        at time: UInt64
    ) throws(Violation) {
        let isExplained = history.operations.enumerated().contains { otherPlace, other in
            guard case .compact(let request) = other.request, otherPlace != place,
                other.invoked <= time
            else { return false }
            return switch operation.request {
            case .range(let range): range.revision < request.revision
            case .compact(let compaction): compaction.revision <= request.revision
            case .put, .deleteRange, .txn, .leaseGrant, .leaseRevoke, .leaseKeepAlive: false
            }
        }
        guard isExplained else {
            throw Violation(.revisions, "nobody compacted that: \(operation.line)")
        }
    }
}
