internal import KeyspaceModel
internal import Model

/// Forgetting.
///
/// A compaction takes effect at once: every reader, hash and snapshot from then on goes by the new
/// compact revision. The versions themselves are dropped bit by bit, by the commands that follow
/// and by whoever calls `sweep`, so that no compaction stops the writers however much it forgets.
/// How far the sweep has come is a node's own matter and can be told by nothing but memory.
///
/// A sweep goes through the changes since the last compaction, in order. Each change of a key
/// makes the version before it superfluous, and a tombstone itself too. So its work is that of the
/// changes, whatever the number of keys.
extension Keyspace {
    mutating func compact(_ request: CompactionRequest) throws(KeyspaceError) -> CompactionResponse
    {
        guard request.revision > compactRevision.number else { throw .compacted }
        guard request.revision <= revision.number else { throw .futureRevision }
        // The last compaction kept the tombstones of its very revision, for a watcher from there.
        sweepPosition = min(sweepPosition, ChangePosition(revision: compactRevision))
        compactRevision = Revision(request.revision)
        sweep(limit: Limits.changesSweptByCompactionMax)
        return CompactionResponse(header: header)
    }

    /// Whether there is more to sweep.
    public var isCompacting: Bool { sweepPosition.revision <= compactRevision }

    /// Goes on with a compaction, for at most `limit` changes.
    ///
    /// A host calls it when idle; every command does a little of it too.
    public mutating func sweep(limit: Int) {
        guard isCompacting else { return }
        let end = ChangePosition(revision: compactRevision.next)
        var changes: [KeyVersion] = []
        history.log.visit(from: sweepPosition, to: end) { _, version in
            changes.append(version)
            return changes.count < limit
        }
        for change in changes { settle(change) }
        sweepPosition = end
        if let last = changes.last, changes.count >= limit { sweepPosition = last.position.next }
    }

    private mutating func settle(_ change: KeyVersion) {
        if let superseded = history.predecessor(of: change) { history.dropSuperseded(superseded) }
        var isKeptAsTombstone = change.position.revision == compactRevision
        #if MARTLET_MUTANTS
        if mutant == .compactionDropsItsTombstones { isKeptAsTombstone = false }
        #endif
        if change.isTombstone && !isKeptAsTombstone { history.drop(change) }
    }
}
