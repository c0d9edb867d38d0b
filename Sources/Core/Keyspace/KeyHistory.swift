internal import Bytes
internal import Model

/// All versions of all keys since the last compaction.
///
/// The newest version of a key lies in a tree by key, where almost every read finds it; most keys
/// have no other. A version that was superseded moves to a second tree by key and position until a
/// compaction drops it. The log holds every version once more, by position.
/// etcd keeps an array of generations a key instead; an array that grows with every put to a hot
/// key would be copied whole by the first put after each copy of the keyspace.
struct KeyHistory: Sendable {
    private(set) var newest = OrderedTree<ByteSlice, KeyVersion>()
    private(set) var older = OrderedTree<VersionKey, KeyVersion>()
    private(set) var log = OrderedTree<ChangePosition, KeyVersion>()

    /// About how many bytes of memory all versions take.
    private(set) var byteCount = 0

    var liveCount: Int { newest.liveCount }

    func liveVersion(of key: ByteSlice) -> KeyVersion? {
        guard let version = newest.value(of: key), !version.isTombstone else { return nil }
        return version
    }

    /// The version of `key` that a reader at `revision` sees, which may be a tombstone.
    func version(of key: ByteSlice, at revision: Revision) -> KeyVersion? {
        newest.value(of: key).flatMap { version($0, at: revision) }
    }

    /// The version of a key at `revision`, given its newest one.
    func version(_ newest: KeyVersion, at revision: Revision) -> KeyVersion? {
        guard newest.position.revision > revision else { return newest }
        return version(of: newest.key, upTo: .end(of: revision))
    }

    private func version(of key: ByteSlice, upTo position: ChangePosition) -> KeyVersion? {
        guard let found = older.last(upTo: VersionKey(key, position))?.value, found.key == key
        else {
            return nil
        }
        return found
    }

    /// The version that superseded this one.
    func successor(of version: KeyVersion) -> KeyVersion? {
        guard let last = newest.value(of: version.key), last.position != version.position else {
            return nil
        }
        let next = older.first(from: VersionKey(version.key, version.position.next))?.value
        if let next, next.key == version.key { return next }
        return last
    }

    /// The version that this one superseded, if it is still there.
    func predecessor(of version: KeyVersion) -> KeyVersion? {
        self.version(of: version.key, upTo: version.position.previous)
    }

    /// Adds the version that `make` makes of the newest so far; answers with both.
    mutating func add(
        _ key: ByteSlice,
        _ make: (KeyVersion?) -> KeyVersion
    ) -> (version: KeyVersion, replaced: KeyVersion?) {
        var replaced: KeyVersion?
        var added: KeyVersion?
        newest.set(key) { old in
            let version = make(old)
            replaced = old
            added = version
            return version
        }
        guard let added else { preconditionFailure("a tree did not ask for the value it set") }
        if let replaced { older.set(VersionKey(of: replaced), to: replaced) }
        log.set(added.position, to: added)
        byteCount += added.byteCount
        return (added, replaced)
    }

    mutating func drop(_ version: KeyVersion) {
        if newest.value(of: version.key)?.position == version.position {
            newest.remove(version.key)
            forget(version)
        } else {
            dropSuperseded(version)
        }
    }

    /// Drops a version that is known not to be its key's newest.
    mutating func dropSuperseded(_ version: KeyVersion) {
        older.remove(VersionKey(of: version))
        forget(version)
    }

    private mutating func forget(_ version: KeyVersion) {
        log.remove(version.position)
        byteCount -= version.byteCount
    }

    /// Whether a compaction at `revision` keeps this version: what a reader there sees, what came
    /// later, and the tombstones of that very revision, which a watcher from it must see.
    func keeps(_ version: KeyVersion, compactedAt revision: Revision) -> Bool {
        guard version.position.revision <= revision else { return true }
        guard !version.isTombstone || version.position.revision == revision else { return false }
        guard let successor = successor(of: version) else { return true }
        return successor.position.revision > revision
    }
}
