internal import KeyspaceModel

/// Strict serializability of a keyspace, with its revisions as witness, in O(n log n).
///
/// In general the check is NP-complete; but each answer bears the revision at which it was given and
/// the watched changes say what each revision did, so the order need not be searched for. The
/// changes are replayed on a naive model; every answer must be the model's at its revision; and the
/// order of revisions must agree with real time (`RealTimeOrder`). Only calls without an answer are
/// searched for: a bipartite matching says which of them made the revisions that nobody else
/// explains (`Explanations`).
public struct KeyspaceChecker {
    private let history: History
    private let placements: [Placement?]
    private let order: RealTimeOrder

    /// Revisions that ended leases, in order.
    private var leaseEnds: [LeaseEnd] = []

    /// How many revisions only a call without an answer can have made.
    private var unansweredWrites = 0

    /// What a sound history tells besides.
    public struct Findings: Sendable {
        /// Revisions that ended leases, in order.
        public var leaseEnds: [LeaseEnd]

        /// How many revisions only a call without an answer can have made.
        public var unansweredWrites: Int
    }

    private init(_ history: History) {
        self.history = history
        placements = history.operations.map { operation in
            operation.response.flatMap { Placement(operation.request, $0) }
        }
        order = RealTimeOrder(history.operations, placements)
    }

    /// Throws what is wrong with the history.
    @discardableResult
    public static func check(_ history: History) throws(Violation) -> Findings {
        var checker = KeyspaceChecker(history)
        try checker.checkRevisions()
        try checker.order.check(history.operations, checker.placements)
        try checker.replay()
        try CompactionChecker(history).check()
        return Findings(
            leaseEnds: checker.leaseEnds,
            unansweredWrites: checker.unansweredWrites
        )
    }

    private func checkRevisions() throws(Violation) {
        var expected = ReferenceKeyspace.initialRevision + 1
        for change in history.changes {
            guard change.revision == expected else {
                throw Violation(
                    .revisions,
                    "revision \(change.revision) follows \(expected - 1)"
                )
            }
            guard !change.events.isEmpty else {
                throw Violation(.revisions, "revision \(change.revision) changed nothing")
            }
            for event in change.events where event.kv?.modRevision != change.revision {
                throw Violation(.revisions, "revision \(change.revision) holds \(event.line)")
            }
            expected += 1
        }
        for (operation, placement) in zip(history.operations, placements)
        where operation.response != nil {
            guard let placement, placement.revision < expected, placement.revision > 0 else {
                throw Violation(
                    .revisions,
                    "an answer from outside the history: \(operation.line)"
                )
            }
        }
    }

    private mutating func replay() throws(Violation) {
        let writers = sortedPlaces { placement in
            if case .writes(let revision) = placement { revision } else { nil }
        }
        let observers = sortedPlaces { placement in
            if case .observes(let state, _) = placement { state } else { nil }
        }
        var explanations = Explanations(history.operations, order)
        var model = ReferenceKeyspace()
        var nextWriter = writers[...]
        var nextObserver = observers[...]
        try checkObservers(&nextObserver, model)
        for change in history.changes {
            if let writer = nextWriter.first, writer.revision == change.revision {
                nextWriter.removeFirst()
                try checkWriter(writer.place, change, &model)
                if let other = nextWriter.first, other.revision == change.revision {
                    throw twoWriters(writer.place, other.place, of: change.revision)
                }
            } else {
                if !history.isForeign(change) { try explain(change, model, &explanations) }
                model.apply(change)
            }
            try checkObservers(&nextObserver, model)
        }
        if let early = nextObserver.first ?? nextWriter.first {
            let operation = history.operations[early.place]
            throw Violation(.strictSerializability, "no such revision: \(operation.line)")
        }
    }

    private mutating func explain(
        _ change: HistoricChange,
        _ before: ReferenceKeyspace,
        _ explanations: inout Explanations
    ) throws(Violation) {
        if let end = try explanations.explain(change, before) {
            leaseEnds.append(end)
        } else {
            unansweredWrites += 1
        }
    }

    /// Places in the history of the operations that `revision` knows, by that revision.
    private func sortedPlaces(
        _ revision: (Placement) -> Int64?
    ) -> [(revision: Int64, place: Int)] {
        var found: [(revision: Int64, place: Int)] = []
        for (place, placement) in placements.enumerated() {
            guard let placement, let revision = revision(placement) else { continue }
            found.append((revision, place))
        }
        return found.sorted { ($0.revision, $0.place) < ($1.revision, $1.place) }
    }

    /// Applies the operation; `model` is what was before it.
    private func checkWriter(
        _ place: Int,
        _ change: HistoricChange,
        _ model: inout ReferenceKeyspace
    ) throws(Violation) {
        let operation = history.operations[place]
        let effect = model.apply(operation.request)
        guard let effect, effect.events == change.events else {
            throw Violation(
                .strictSerializability,
                "\(operation.line) should have changed \(lines(of: effect?.events ?? [])), "
                    + "but revision \(change.revision) is \(lines(of: change.events))"
            )
        }
        try compare(operation, effect.response)
    }

    private func checkObservers(
        _ observers: inout ArraySlice<(revision: Int64, place: Int)>,
        _ state: ReferenceKeyspace
    ) throws(Violation) {
        while let observer = observers.first, observer.revision == state.revision {
            observers.removeFirst()
            let operation = history.operations[observer.place]
            var model = state
            guard let effect = model.apply(operation.request) else { continue }
            guard effect.events.isEmpty else {
                throw Violation(
                    .strictSerializability,
                    "\(operation.line) claims to have changed nothing at revision "
                        + "\(state.revision), but had to change \(lines(of: effect.events))"
                )
            }
            try compare(operation, effect.response)
        }
    }

    private func compare(
        _ operation: Operation,
        _ expected: OperationResponse
    ) throws(Violation) {
        guard operation.response?.withoutHeaders != expected else { return }
        throw Violation(
            .strictSerializability,
            "\(operation.line) should have been \(expected.line)"
        )
    }

    private func twoWriters(_ first: Int, _ second: Int, of revision: Int64) -> Violation {
        let operations = [history.operations[first], history.operations[second]]
        return Violation(
            .strictSerializability,
            "two operations made revision \(revision): \(operations.map(\.line))"
        )
    }
}
