internal import Bytes
internal import KeyspaceModel

/// Holds each watcher against the keyspace's history: ordered, complete, atomic, and right.
///
/// A watcher is followed by one number, the next revision it is owed. Whatever it is told, events or
/// progress, must account for every matching event from there on.
public struct WatchChecker {
    private let history: History

    /// For each change, the values before it, in the order of its events.
    private let previous: [[KeyValue?]]
    private let compactedMax: Int64

    public init(_ history: History) {
        self.history = history
        compactedMax = history.compactionRequestedMax
        var model = ReferenceKeyspace()
        var previous: [[KeyValue?]] = []
        for change in history.changes {
            previous.append(
                change.events.map { event in event.kv.flatMap { model.value(of: $0.key) } }
            )
            model.apply(change)
        }
        self.previous = previous
    }

    /// The next revision that the watcher is owed; nil if it was never created.
    @discardableResult
    public func check(_ watch: WatchHistory) throws(Violation) -> Int64? {
        var position: Int64?
        for session in watch.sessions {
            position = try check(session, of: watch, from: position)
        }
        return position
    }

    /// Whether something before `revision` is still owed to a watcher that is at `position`.
    public func isOwed(_ watch: WatchHistory, from position: Int64, upTo revision: Int64) -> Bool {
        firstOwed(watch, from: position, before: revision + 1) != nil
    }

    private func check(
        _ session: WatchSession,
        of watch: WatchHistory,
        from carried: Int64?
    ) throws(Violation) -> Int64? {
        var position: Int64?
        var fragments: [Event] = []
        for response in session.responses {
            let revision = response.header?.revision ?? 0
            if response.created {
                position = session.startRevision > 0 ? session.startRevision : revision + 1
            }
            if response.canceled {
                try checkCancellation(response, watch)
                continue
            }
            guard let owed = position else {
                throw Violation(.watchOrder, "\(watch.name): told before it was created")
            }
            guard !response.created else { continue }
            fragments += response.events
            guard !response.fragment else { continue }
            if fragments.isEmpty {
                position = try passProgress(revision, watch, owed)
            } else {
                position = try accept(fragments, at: revision, watch, owed)
            }
            fragments = []
        }
        return position ?? carried
    }

    /// Only a compaction that somebody asked for ends a watch.
    private func checkCancellation(
        _ response: WatchResponse,
        _ watch: WatchHistory
    ) throws(Violation) {
        guard response.compactRevision > 0, response.compactRevision <= compactedMax else {
            throw Violation(
                .watchCompleteness,
                "\(watch.name): canceled without a cause: \(response.line)"
            )
        }
    }

    private func passProgress(
        _ revision: Int64,
        _ watch: WatchHistory,
        _ position: Int64
    ) throws(Violation) -> Int64 {
        if let owed = firstOwed(watch, from: position, before: revision + 1) {
            throw Violation(
                .watchCompleteness,
                "\(watch.name): told of progress to \(revision) before the events of \(owed)"
            )
        }
        guard revision >= position - 1 else {
            throw Violation(
                .watchOrder,
                "\(watch.name): told of progress to \(revision) when \(position) was due"
            )
        }
        return revision + 1
    }

    private func accept(
        _ events: [Event],
        at headerRevision: Int64,
        _ watch: WatchHistory,
        _ start: Int64
    ) throws(Violation) -> Int64 {
        var position = start
        var rest = events[...]
        while let revision = rest.first?.kv?.modRevision {
            let same = rest.prefix { $0.kv?.modRevision == revision }
            rest = rest.dropFirst(same.count)
            guard revision >= position else {
                throw Violation(
                    .watchOrder,
                    "\(watch.name): revision \(revision) when \(position) was due"
                )
            }
            if let owed = firstOwed(watch, from: position, before: revision) {
                throw Violation(
                    .watchCompleteness,
                    "\(watch.name): \(revision) came before \(owed)"
                )
            }
            try compare(Array(same), at: revision, watch)
            position = revision + 1
        }
        guard rest.isEmpty, position <= headerRevision + 1 else {
            throw Violation(
                .watchOrder,
                "\(watch.name): events up to \(position - 1) under a header of \(headerRevision)"
            )
        }
        return position
    }

    private func compare(
        _ events: [Event],
        at revision: Int64,
        _ watch: WatchHistory
    ) throws(Violation) {
        let expected = self.expected(watch, at: revision)
        guard events.count == expected.count else {
            let isPart = events.count < expected.count
            throw Violation(
                isPart ? .watchAtomicity : .watchContent,
                "\(watch.name): revision \(revision) came as \(lines(of: events)) "
                    + "instead of \(lines(of: expected.map(\.event)))"
            )
        }
        for (event, (known, before)) in zip(events, expected) {
            var right = known
            right.prevKv = watch.wantsPrevious ? before : nil
            var bare = event
            bare.prevKv = nil
            guard bare == known, isRight(event.prevKv, before, at: revision, watch) else {
                throw Violation(
                    .watchContent,
                    "\(watch.name): \(event.line) instead of \(right.line)"
                )
            }
        }
    }

    /// The value before may be missing only where it may be compacted.
    private func isRight(
        _ previous: KeyValue?,
        _ expected: KeyValue?,
        at revision: Int64,
        _ watch: WatchHistory
    ) -> Bool {
        guard watch.wantsPrevious else { return previous == nil }
        return previous == expected || (previous == nil && compactedMax >= revision)
    }

    private func expected(
        _ watch: WatchHistory,
        at revision: Int64
    ) -> [(event: Event, previous: KeyValue?)] {
        let place = Int(revision - ReferenceKeyspace.initialRevision) - 1
        guard history.changes.indices.contains(place) else { return [] }
        let interval = KeyInterval(key: watch.key, rangeEnd: watch.rangeEnd)
        var found: [(event: Event, previous: KeyValue?)] = []
        for (event, previous) in zip(history.changes[place].events, previous[place])
        where watch.wants(event, interval) {
            found.append((event, previous))
        }
        return found
    }

    private func firstOwed(
        _ watch: WatchHistory,
        from position: Int64,
        before end: Int64
    ) -> Int64? {
        let interval = KeyInterval(key: watch.key, rangeEnd: watch.rangeEnd)
        let first = max(position, ReferenceKeyspace.initialRevision + 1)
        let end = min(end, history.lastRevision + 1)
        guard first < end else { return nil }
        return (first..<end).first { revision in
            let place = Int(revision - ReferenceKeyspace.initialRevision) - 1
            return history.changes[place].events.contains { watch.wants($0, interval) }
        }
    }
}

extension WatchHistory {
    func wants(_ event: Event, _ interval: KeyInterval) -> Bool {
        guard let key = event.kv?.key, interval.contains(key) else { return false }
        switch event.type {
        case .put: return wantsPuts
        case .delete: return wantsDeletes
        case .unrecognized: return false
        }
    }
}
