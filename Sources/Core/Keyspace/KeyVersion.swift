internal import Bytes
internal import KeyspaceModel
internal import Model

/// One version of one key: what a put wrote, or the tombstone that a deletion left.
///
/// A class, since the index by key and the log by revision hold the same version, and because
/// copying a tree's slots then counts one reference each.
final class KeyVersion: Sendable {
    let key: ByteSlice
    let value: ByteSlice
    let position: ChangePosition

    /// When the key came into being; later than a deletion, if there was one.
    let createRevision: Revision

    /// How many puts since then; zero in a tombstone.
    let version: Int64

    let lease: LeaseID
    let isTombstone: Bool

    init(
        key: ByteSlice,
        value: ByteSlice,
        position: ChangePosition,
        createRevision: Revision,
        version: Int64,
        lease: LeaseID
    ) {
        self.key = key
        self.value = value
        self.position = position
        self.createRevision = createRevision
        self.version = version
        self.lease = lease
        isTombstone = false
    }

    init(tombstoneOf key: ByteSlice, at position: ChangePosition) {
        self.key = key
        self.position = position
        value = .empty
        createRevision = .zero
        version = 0
        lease = .none
        isTombstone = true
    }

    var keyValue: KeyValue {
        KeyValue(
            key: key,
            createRevision: createRevision.number,
            modRevision: position.revision.number,
            version: version,
            value: value,
            lease: lease.number
        )
    }

    var keyValueWithoutValue: KeyValue {
        KeyValue(
            key: key,
            createRevision: createRevision.number,
            modRevision: position.revision.number,
            version: version,
            lease: lease.number
        )
    }

    var event: Event {
        guard isTombstone else { return Event(type: .put, kv: keyValue) }
        let gone = KeyValue(key: key, modRevision: position.revision.number)
        return Event(type: .delete, kv: gone)
    }

    var byteCount: Int { key.count + value.count + Limits.versionOverheadBytes }
}

extension KeyVersion: TreeValue {
    var isLive: Bool { !isTombstone }
}
