internal import Bytes
internal import Model

/// A keyspace out as records in the order of its history, and back.
///
/// To write one while the keyspace goes on, take a copy of it.
extension Keyspace {
    public func snapshotHeader() -> KeyspaceSnapshotHeader {
        #if MARTLET_MUTANTS
        if forgetsLastDeletion {
            let earlier = Revision(revision.number - 1)
            return KeyspaceSnapshotHeader(
                revision: earlier,
                compactRevision: earlier,
                time: time
            )
        }
        #endif
        return KeyspaceSnapshotHeader(
            revision: revision,
            compactRevision: compactRevision,
            time: time
        )
    }

    #if MARTLET_MUTANTS
    private var forgetsLastDeletion: Bool {
        mutant == .snapshotForgetsLastDeletion && compactRevision == revision
            && revision > .initial.next && history.log.last?.value.isTombstone == true
    }
    #endif

    public var leaseRecords: [LeaseRecord] {
        var records: [LeaseRecord] = []
        leaseTable.leases.visit(from: nil, to: nil) { id, lease in
            records.append(
                LeaseRecord(id: id, timeToLive: lease.timeToLive, deadline: lease.deadline)
            )
            return true
        }
        return records
    }

    /// At most `limit` records from `cursor` on, and where to go on; nil at the end.
    ///
    /// Ends also with the record that makes keys and values `bytes` long or longer.
    public func snapshotRecords(
        from cursor: SnapshotCursor,
        limit: Int,
        bytes: Int = .max
    ) -> (records: [SnapshotRecord], next: SnapshotCursor?) {
        var records: [SnapshotRecord] = []
        var next: SnapshotCursor?
        var visited = 0
        var byteCount = 0
        history.log.visit(from: cursor, to: nil) { position, version in
            guard visited < limit, byteCount < bytes else {
                next = position
                return false
            }
            visited += 1
            #if MARTLET_MUTANTS
            if forgetsLastDeletion, position.revision == revision { return true }
            #endif
            if !isCompacting || history.keeps(version, compactedAt: compactRevision) {
                records.append(SnapshotRecord(of: version))
                byteCount += version.key.count + version.value.count
            }
            return true
        }
        return (records, next)
    }

    /// A keyspace to which the records of a snapshot are then restored, in order.
    public init(
        header: KeyspaceSnapshotHeader,
        leases: [LeaseRecord]
    ) throws(KeyspaceError) {
        self.init()
        let numbers = Revision.initial...Revision(Limits.snapshotNumberMax)
        guard numbers.contains(header.revision), header.compactRevision <= header.revision else {
            throw .malformedSnapshot
        }
        revision = header.revision
        compactRevision = max(header.compactRevision, Self.neverCompacted)
        time = header.time
        sweepPosition = ChangePosition(revision: compactRevision.next)
        try restore(leases)
    }

    /// Adds further leases of the snapshot.
    public mutating func restore(_ leases: [LeaseRecord]) throws(KeyspaceError) {
        for record in leases {
            guard record.id != .none, !leaseTable.contains(record.id) else {
                throw .malformedSnapshot
            }
            leaseTable.add(
                record.id,
                Lease(timeToLive: record.timeToLive, deadline: record.deadline)
            )
        }
    }

    /// Adds the next record of the snapshot.
    public mutating func restore(_ record: SnapshotRecord) throws(KeyspaceError) {
        let last = history.log.last?.key ?? ChangePosition()
        guard record.isPlausible, record.position > last, record.position.revision <= revision
        else { throw .malformedSnapshot }
        // A snapshot is read in large chunks; no version may keep a whole one alive.
        let key = record.key.compacted
        let replaced = history.add(key) { record.keyVersion(of: key, $1) }
        let oldLease = replaced?.lease ?? .none
        if oldLease != record.lease {
            leaseTable.detach(key, from: oldLease)
            leaseTable.attach(key, to: record.lease)
        }
    }
}
