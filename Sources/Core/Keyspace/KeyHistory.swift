internal import Bytes
internal import Model

/// All versions of all keys since the last compaction.
///
/// The newest version of a key lies in a tree by key, where almost every read finds it; most keys
/// have no other. The log holds every version by position, and each version knows where in it the
/// ones before it are (`KeyAncestry`); so a version that is superseded stays where it is.
/// etcd keeps an array of generations a key instead; an array that grows with every put to a hot
/// key would be copied whole by the first put after each copy of the keyspace.
struct KeyHistory: Sendable {
    private(set) var newest = OrderedTree<ByteSlice, KeyVersion>()
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
        let position = ChangePosition.end(of: revision)
        var version = newest
        while version.position > position {
            guard let earlier = ancestor(of: version, towards: position) else { return nil }
            version = earlier
        }
        return version
    }

    /// A step back in a key's history: as far as what is reached is later than `position`, or else
    /// the version just before; nil if there is none, or none any longer.
    private func ancestor(of version: KeyVersion, towards position: ChangePosition) -> KeyVersion? {
        guard version.ancestry.hasPrevious else { return nil }
        return log.value(of: version.ancestry.step(towards: position))
    }

    /// The version that superseded this one.
    func successor(of version: KeyVersion) -> KeyVersion? {
        let position = version.position
        guard var next = newest.value(of: version.key), next.position > position else {
            return nil
        }
        while next.ancestry.previous.position > position {
            guard let earlier = ancestor(of: next, towards: position) else { return next }
            next = earlier
        }
        return next
    }

    /// The version that this one superseded, if it is still there.
    func predecessor(of version: KeyVersion) -> KeyVersion? {
        guard version.ancestry.hasPrevious else { return nil }
        return log.value(of: version.ancestry.previous.position)
    }

    /// Adds the version that `make` makes, of the newest so far and the way to it, behind all others;
    /// answers with what it supersedes.
    mutating func add(
        _ key: ByteSlice,
        _ make: (KeyVersion?, KeyAncestry) -> KeyVersion
    ) -> KeyVersion? {
        let (version, replaced) = renew(key, make)
        log.append(version.position, version)
        byteCount += version.byteCount
        return replaced
    }

    /// A function of its own, so that no copy of the log is left when it is appended to.
    private mutating func renew(
        _ key: ByteSlice,
        _ make: (KeyVersion?, KeyAncestry) -> KeyVersion
    ) -> (value: KeyVersion, replaced: KeyVersion?) {
        let log = log
        return newest.set(key) { newest in
            make(newest, newest.map { KeyAncestry(following: $0, in: log) } ?? .none)
        }
    }

    /// Drops a version; of each key the oldest first.
    mutating func drop(_ version: KeyVersion) {
        if newest.value(of: version.key)?.position == version.position {
            newest.remove(version.key)
        }
        forget(version)
    }

    /// Drops a version that is known not to be its key's newest.
    mutating func dropSuperseded(_ version: KeyVersion) { forget(version) }

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
