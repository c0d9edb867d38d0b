internal import KeyspaceModel

/// What each operation must have seen, by when it was called: strictness's half of the check.
///
/// Revisions order the operations; real time agrees with that order exactly if nobody stands before
/// what had returned when it was called. One sweep over calls and returns finds, for each call, the
/// highest revision that had been returned to anybody.
struct RealTimeOrder {
    /// For each operation, the highest revision returned before its call.
    let seenBefore: [Int64]

    /// For each operation, the revision that no later call may write, as it was seen too early.
    init(_ operations: [Operation], _ placements: [Placement?]) {
        var moments: [(time: UInt64, isReturn: Bool, place: Int)] = []
        for (place, operation) in operations.enumerated() {
            moments.append((operation.invoked, false, place))
            guard let returned = operation.returned, placements[place] != nil else { continue }
            moments.append((returned, true, place))
        }
        // Calls before returns at one time: what touches only at its ends is concurrent.
        moments.sort {
            ($0.time, $0.isReturn ? 1 : 0, $0.place) < ($1.time, $1.isReturn ? 1 : 0, $1.place)
        }
        var seen = ReferenceKeyspace.initialRevision
        var seenBefore = [Int64](repeating: seen, count: operations.count)
        for moment in moments {
            if moment.isReturn {
                seen = max(seen, placements[moment.place]?.revision ?? seen)
            } else {
                seenBefore[moment.place] = seen
            }
        }
        self.seenBefore = seenBefore
    }

    func check(_ operations: [Operation], _ placements: [Placement?]) throws(Violation) {
        for (place, placement) in placements.enumerated() {
            guard let placement else { continue }
            let isFresh: Bool
            switch placement {
            case .writes(let revision): isFresh = revision > seenBefore[place]
            case .observes(_, let revision), .passes(let revision):
                isFresh = operations[place].isSerializable || revision >= seenBefore[place]
            }
            guard isFresh else {
                throw Violation(
                    .strictSerializability,
                    "\(operations[place].line) is older than revision "
                        + "\(seenBefore[place]), which had been returned before it was called"
                )
            }
        }
    }
}

extension Operation {
    /// Allowed to answer from the past.
    var isSerializable: Bool {
        guard case .range(let request) = request else { return false }
        return request.serializable
    }
}
