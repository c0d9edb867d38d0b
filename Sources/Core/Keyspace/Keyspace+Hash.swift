internal import Bytes
internal import KeyspaceModel
public import Model

/// etcd's HashKV: equal for equal histories, whoever wrote the server.
///
/// It is the CRC-32C of the word "key" and then, for each version in order, of what etcd keeps in
/// its file: the revision's bytes and the `KeyValue` in protobuf.
extension Keyspace {
    /// The hash of all up to `revision`; zero means the latest.
    ///
    /// Of what the last compaction kept, only those versions count that a reader at `revision`
    /// sees, as the rest may be dropped by the next one. Should a reader there see nothing at all,
    /// etcd counts everything; so do we.
    public func hash(at revision: Revision) throws(KeyspaceError) -> KeyspaceHash {
        let revision = revision == .zero ? self.revision : revision
        guard revision <= self.revision else { throw .futureRevision }
        guard revision.number < 0 || revision >= compactRevision else { throw .compacted }
        let isSeen = seesAnything(at: revision)
        var digest = VersionDigest()
        digest.gathered.slice("key")
        history.log.visit(from: nil, to: .end(of: revision)) { position, version in
            let counts =
                if position.revision > compactRevision {
                    true
                } else if isSeen {
                    isSeenAsPut(version, at: revision)
                } else {
                    history.keeps(version, compactedAt: compactRevision)
                }
            if counts { digest.add(version) }
            return true
        }
        return KeyspaceHash(
            hash: digest.finish(),
            compactRevision: compactRevision,
            revision: revision
        )
    }

    /// A hash of all there is: equal on nodes that have applied the same commands.
    ///
    /// The CRC-32C of revision, compact revision, alarms and leases with their deadlines, as
    /// little-endian numbers of eight bytes, and then of every version that the last compaction
    /// kept, as `hash(at:)` takes them. The definition is ours: etcd hashes its file's pages.
    public var contentHash: UInt32 {
        var digest = VersionDigest()
        digest.gathered.integer(revision.number)
        digest.gathered.integer(compactRevision.number)
        for alarm in alarms.members {
            digest.gathered.integer(UInt64(bitPattern: Int64(alarm.alarm.number)))
            digest.gathered.integer(alarm.memberID)
        }
        for lease in leaseRecords {
            digest.gathered.integer(lease.id.number)
            digest.gathered.integer(lease.timeToLive)
            digest.gathered.integer(lease.deadline.number)
        }
        history.log.visit(from: nil, to: nil) { _, version in
            if history.keeps(version, compactedAt: compactRevision) { digest.add(version) }
            return true
        }
        return digest.finish()
    }

    private func isSeenAsPut(_ version: KeyVersion, at revision: Revision) -> Bool {
        guard !version.isTombstone else { return false }
        guard let successor = history.successor(of: version) else { return true }
        return successor.position.revision > revision
    }

    private func seesAnything(at revision: Revision) -> Bool {
        guard revision < self.revision else { return keyCount > 0 }
        var isSeen = false
        let all = KeyRange(key: .empty, rangeEnd: "\0")
        var budget = StepBudget.unlimited
        visit(all, at: revision, seeing: self.revision, &budget) { _ in
            isSeen = true
            return false
        }
        return isSeen
    }
}

/// The CRC-32C of what is given and of versions as etcd stores them, gathered in parts.
private struct VersionDigest {
    /// What is not hashed yet.
    var gathered = ByteWriter(capacity: 1024)
    private var checksum = CRC32C()

    mutating func add(_ version: KeyVersion) {
        StoredVersion.encode(version, into: &gathered)
        guard gathered.count >= Limits.hashedAtOnceBytes else { return }
        checksum.add(gathered.bytes)
        gathered.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> UInt32 {
        checksum.add(gathered.bytes)
        gathered.removeAll(keepingCapacity: true)
        return checksum.value
    }
}
