internal import Bytes
internal import KeyspaceModel
internal import Model

/// One version of one key: what a put wrote, or the tombstone that a deletion left.
///
/// A class, since the index by key and the log by revision hold the same version, and because
/// copying a tree's slots then counts one reference each. The order of the properties leaves no
/// gaps between them.
final class KeyVersion: Sendable {
    let key: ByteSlice
    let value: ByteSlice
    let packedPosition: PackedPosition
    let isTombstone: Bool
    let ancestry: KeyAncestry

    /// When the key came into being; later than a deletion, if there was one.
    let createRevision: Revision

    /// How many puts since then; zero in a tombstone.
    let version: Int64

    let lease: LeaseID

    /// What a put writes; `ancestry` leads to what it supersedes.
    init(
        key: ByteSlice,
        value: ByteSlice,
        position: ChangePosition,
        createRevision: Revision,
        version: Int64,
        lease: LeaseID,
        ancestry: KeyAncestry
    ) {
        self.key = key
        self.value = value
        packedPosition = PackedPosition(position)
        self.createRevision = createRevision
        self.version = version
        self.lease = lease
        self.ancestry = ancestry
        isTombstone = false
    }

    init(tombstoneOf key: ByteSlice, at position: ChangePosition, ancestry: KeyAncestry) {
        self.key = key
        packedPosition = PackedPosition(position)
        value = .empty
        createRevision = .zero
        version = 0
        lease = .none
        self.ancestry = ancestry
        isTombstone = true
    }

    var position: ChangePosition { packedPosition.position }

    var keyValue: KeyValue {
        KeyValue(
            key: key,
            createRevision: createRevision.number,
            modRevision: packedPosition.revision.number,
            version: version,
            value: value,
            lease: lease.number
        )
    }

    var keyValueWithoutValue: KeyValue {
        KeyValue(
            key: key,
            createRevision: createRevision.number,
            modRevision: packedPosition.revision.number,
            version: version,
            lease: lease.number
        )
    }

    var event: Event {
        guard isTombstone else { return Event(type: .put, kv: keyValue) }
        let gone = KeyValue(key: key, modRevision: packedPosition.revision.number)
        return Event(type: .delete, kv: gone)
    }

    var byteCount: Int { key.count + value.count + Limits.versionOverheadBytes }
}

extension KeyVersion: TreeValue {
    var isLive: Bool { !isTombstone }
}
