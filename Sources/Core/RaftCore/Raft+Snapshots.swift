public import Model

extension Raft {
    /// This replica's own snapshot is durable: the log before it is needed no more, but for a stretch
    /// from which followers that are a little late catch up.
    public mutating func snapshotTaken(_ mark: SnapshotMark) {
        guard mark.index > snapshot.index else { return }
        precondition(mark.index <= appliedIndex, "a snapshot at \(mark.index) is not applied yet")
        snapshot = mark
        // Not beyond what is on disk: entries under way are still to be vouched for.
        let newest = min(mark.index, log.durableIndex)
        guard newest.number > UInt64(settings.catchUpEntries) else { return }
        log.compact(to: LogIndex(newest.number - UInt64(settings.catchUpEntries)))
        configurations.forget(before: log.baseIndex)
    }

    /// The leader sends a snapshot.
    ///
    /// Host receives it, if it lies above `commitIndex`; otherwise the leader learns at once that
    /// there is no need.
    mutating func expectSnapshot(_ mark: SnapshotMark, from leader: ReplicaID) {
        guard follow(leader), mark.index <= commitIndex else { return }
        acknowledge(commitIndex, to: leader)
    }

    /// Host has `leader`'s snapshot on disk and its state machine restored from it.
    ///
    /// The snapshot is of committed state, so it holds whatever term it was sent in. If the log agrees
    /// at the mark, the entries behind it are kept; otherwise they belong to a leader that lost, and
    /// Host's journal must drop them with the same rule (thesis §5.1).
    public mutating func snapshotReceived(
        _ mark: SnapshotMark,
        from leader: ReplicaID,
        term: Term
    ) {
        guard mark.isPlausible, term.isPlausible, mark.term <= term else { return }
        if term > state.term { enter(term) }
        if mark.index > commitIndex { restore(mark) }
        finishRepair()
        guard term == state.term, follow(leader) else { return }
        acknowledge(commitIndex, to: leader)
    }

    private mutating func restore(_ mark: SnapshotMark) {
        // A leader holds all that is committed, so this was sent to what this replica was before.
        if leadership != nil { becomeFollower(of: nil) }
        if isInLog(mark) {
            log.compact(to: mark.index)
            configurations.forget(before: mark.index)
        } else {
            log.reset(toIndex: mark.index, term: termAfterRestoring(mark))
            configurations.reset(to: configured(mark))
        }
        snapshot = mark
        useLatestConfiguration()
        commitIndex = mark.index
        deliveredIndex = mark.index
        appliedIndex = mark.index
    }

    private func isInLog(_ mark: SnapshotMark) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotKeepsConflictingEntries {
            return mark.index <= log.lastIndex
        }
        #endif
        return log.term(at: mark.index) == mark.term
    }

    private func configured(_ mark: SnapshotMark) -> SnapshotMark {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotLosesConfiguration {
            return SnapshotMark(index: mark.index, term: mark.term, configuration: configuration)
        }
        #endif
        return mark
    }

    private func termAfterRestoring(_ mark: SnapshotMark) -> Term {
        #if MARTLET_MUTANTS
        if settings.mutant == .snapshotLosesTerm { return .zero }
        #endif
        return mark.term
    }

    /// Leader's Host has ended the stream of a snapshot to `replica`, or has given it up.
    public mutating func snapshotSent(to replica: ReplicaID, delivered isDelivered: Bool) {
        leadership?.update(replica) { $0.snapshotEnded(isDelivered: isDelivered) }
    }
}
