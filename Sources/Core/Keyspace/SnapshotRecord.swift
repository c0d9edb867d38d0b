public import Bytes
public import Model

/// One version of one key in a snapshot.
public struct SnapshotRecord: Sendable, Equatable {
    public var position: ChangePosition
    public var key: ByteSlice
    public var isTombstone: Bool

    /// These four are empty in a tombstone.
    public var value: ByteSlice
    public var createRevision: Revision
    public var version: Int64
    public var lease: LeaseID

    public init(
        position: ChangePosition,
        key: ByteSlice,
        isTombstone: Bool = false,
        value: ByteSlice = .empty,
        createRevision: Revision = .zero,
        version: Int64 = 0,
        lease: LeaseID = .none
    ) {
        self.position = position
        self.key = key
        self.isTombstone = isTombstone
        self.value = value
        self.createRevision = createRevision
        self.version = version
        self.lease = lease
    }
}

extension SnapshotRecord {
    init(of version: KeyVersion) {
        self.init(
            position: version.position,
            key: version.key,
            isTombstone: version.isTombstone,
            value: version.value,
            createRevision: version.createRevision,
            version: version.version,
            lease: version.lease
        )
    }

    var isPlausible: Bool {
        guard position.revision > .zero, !key.isEmpty,
            (0..<Limits.changesPerRevisionMax).contains(position.sub)
        else { return false }
        guard !isTombstone else { return true }
        return createRevision > .zero && createRevision <= position.revision
            && (1...Limits.snapshotNumberMax).contains(version)
    }

    /// The version that it stands for, with bytes of its own.
    func keyVersion(of key: ByteSlice, _ ancestry: KeyAncestry) -> KeyVersion {
        guard !isTombstone else {
            return KeyVersion(tombstoneOf: key, at: position, ancestry: ancestry)
        }
        return KeyVersion(
            key: key,
            value: value.compacted,
            position: position,
            createRevision: createRevision,
            version: version,
            lease: lease,
            ancestry: ancestry
        )
    }
}
