public import Bytes
public import KeyspaceModel
public import Model

/// History in the order it happened, for watches.
extension Keyspace {
    /// The changes from `revision` on, whole revisions only.
    ///
    /// Ends after the revision with which there are `limit` events. A deletion's key and revision
    /// are all its event has; previous values are asked for with `previous(of:before:)`.
    public func changes(
        from revision: Revision,
        limit: Int
    ) throws(KeyspaceError) -> [Change] {
        guard revision >= compactRevision else { throw .compacted }
        var changes: [Change] = []
        var eventCount = 0
        history.log.visit(from: ChangePosition(revision: revision), to: nil) { position, version in
            // What a compaction has yet to sweep is gone for every reader on every node.
            guard history.keeps(version, compactedAt: compactRevision) else { return true }
            #if MARTLET_MUTANTS
            if mutant == .compactedDeletionsAreHidden, version.isTombstone,
                position.revision == compactRevision
            {
                return true
            }
            #endif
            if let last = changes.indices.last, changes[last].revision == position.revision {
                changes[last].events.append(version.event)
            } else {
                guard eventCount < limit else { return false }
                changes.append(Change(revision: position.revision, events: [version.event]))
            }
            eventCount += 1
            return true
        }
        return changes
    }

    /// What `prev_kv` shows of an event: nothing where the key came into being, as in etcd, also if
    /// the same transaction deleted it before.
    func valueBefore(_ event: Event, at revision: Revision) -> KeyValue? {
        guard let pair = event.kv, event.type == .delete || pair.createRevision != pair.modRevision
        else { return nil }
        #if MARTLET_MUTANTS
        if mutant == .previousValueIsNew { return previous(of: pair.key, before: revision.next) }
        #endif
        return previous(of: pair.key, before: revision)
    }

    /// The key as it was before `revision`; nil if it did not exist or that is compacted.
    public func previous(of key: ByteSlice, before revision: Revision) -> KeyValue? {
        guard revision > compactRevision, revision.number > 0 else { return nil }
        let version = history.version(of: key, at: Revision(revision.number - 1))
        guard let version, !version.isTombstone else { return nil }
        return version.keyValue
    }
}
