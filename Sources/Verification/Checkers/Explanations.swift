internal import Bytes
internal import KeyspaceModel

/// Who made the revisions that no answer claims: a call without an answer, or a lease that ended.
///
/// The changes fix the state before each revision, so whether a call could have made a revision does
/// not depend on the others; only that each call makes at most one. That is a bipartite matching,
/// kept as large as possible while revisions come (augmenting paths). Mostly a call that explains
/// nothing yet is at hand, and nothing need be searched for.
struct Explanations {
    private var open: OpenCalls

    /// What could have made each revision that nobody claims.
    private var claims: [Claim] = []

    /// For each of the open calls, which of `claims` it explains.
    private var explains: [Int?]

    private struct Claim {
        var revision: Int64
        var kinds: [Int]

        /// Whether a lease's end could have made it, too.
        var mayBeLeaseEnd: Bool
    }

    init(_ operations: [Operation], _ order: RealTimeOrder) {
        open = OpenCalls(operations, order)
        explains = [Int?](repeating: nil, count: open.seenBefore.count)
    }

    /// Explains the next revision, whose state before is `model`; returns the lease's end, if it is
    /// the only explanation.
    mutating func explain(
        _ change: HistoricChange,
        _ model: ReferenceKeyspace
    ) throws(Violation) -> LeaseEnd? {
        let end = LeaseEnd(change, model)
        let able = open.kinds(thatMayMake: change).filter { kind in
            isEarlyEnough(kind, for: change.revision)
                && canExplain(open.kinds[kind].request, change, model)
        }
        if able.isEmpty, let end { return end }
        claims.append(Claim(revision: change.revision, kinds: able, mayBeLeaseEnd: end != nil))
        if takeFree(for: claims.count - 1) { return nil }
        var visited = Set<Int>()
        if augment(claims.count - 1, &visited) { return nil }
        // A lease may have ended, though a call might have done the same.
        if end != nil { return nil }
        throw Violation(
            LeaseEnd.isPartial(change, model) ? .leaseAtomicity : .strictSerializability,
            "nobody made revision \(change.revision): \(lines(of: change.events))"
        )
    }

    private func isEarlyEnough(_ kind: Int, for revision: Int64) -> Bool {
        open.kinds[kind].calls.first.map { open.seenBefore[$0] < revision } ?? false
    }

    private func canExplain(
        _ request: OperationRequest,
        _ change: HistoricChange,
        _ model: ReferenceKeyspace
    ) -> Bool {
        var model = model
        return model.apply(request)?.events == change.events
    }

    private mutating func takeFree(for claim: Int) -> Bool {
        for kind in claims[claim].kinds {
            guard let call = open.takeFree(kind, for: claims[claim].revision) else { continue }
            explains[call] = claim
            return true
        }
        return false
    }

    /// Takes a call from a claim that can do without: by another call, or as a lease's end.
    private mutating func augment(_ claim: Int, _ visited: inout Set<Int>) -> Bool {
        for kind in claims[claim].kinds {
            for call in open.kinds[kind].calls {
                guard open.seenBefore[call] < claims[claim].revision else { break }
                guard let held = explains[call], visited.insert(call).inserted,
                    claims[held].mayBeLeaseEnd || takeFree(for: held) || augment(held, &visited)
                else { continue }
                explains[call] = claim
                return true
            }
        }
        return false
    }
}
