internal import Checkers
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// What all replicas of one keyspace did, as seen from outside.
struct ObservedKeyspace {
    let group: GroupID
    var history = History()

    /// The state by applied index, to which every replica must come; looked up only.
    private var digests: [LogIndex: Digest] = [:]

    private struct Digest: Equatable {
        var hash: UInt32
        var revision: Revision
        var compactRevision: Revision
        var time: GroupTime
        var leases: [LeaseID]
    }

    init(group: GroupID) { self.group = group }

    /// Notes the revisions that no replica had before; the changes of each come whole.
    mutating func record(_ keyspace: Keyspace, at now: UInt64) throws(Violation) {
        while history.lastRevision < keyspace.revision.number {
            let next = Revision(history.lastRevision + 1)
            do throws(KeyspaceError) {
                for change in try keyspace.changes(from: next, limit: 1_000) {
                    history.changes.append(
                        HistoricChange(
                            revision: change.revision.number,
                            events: change.events,
                            seenAt: now
                        )
                    )
                }
            } catch {
                throw Violation(.revisions, "changes from \(next) on cannot be read: \(error)")
            }
            guard history.lastRevision >= next.number else {
                throw Violation(
                    .revisions,
                    "a keyspace at \(keyspace.revision) has no changes from \(next) on"
                )
            }
        }
    }

    /// Holds a replica's state against what others had at the same index.
    mutating func compare(
        _ keyspace: Keyspace,
        at index: LogIndex,
        on node: NodeID
    ) throws(Violation) {
        let digest: Digest
        do throws(KeyspaceError) {
            digest = Digest(
                hash: try keyspace.hash(at: keyspace.revision).hash,
                revision: keyspace.revision,
                compactRevision: keyspace.compactRevision,
                time: keyspace.time,
                leases: keyspace.leases
            )
        } catch {
            throw Violation(.snapshotEquality, "node \(node) cannot hash its state: \(error)")
        }
        guard let known = digests[index] else {
            digests[index] = digest
            return
        }
        guard known == digest else {
            throw Violation(
                .snapshotEquality,
                "node \(node)'s state of group \(group) at index \(index) is \(digest), another's "
                    + "\(known)"
            )
        }
    }
}
