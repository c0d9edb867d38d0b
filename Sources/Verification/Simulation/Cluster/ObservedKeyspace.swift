internal import Checkers
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// What all replicas of one keyspace did, as seen from outside.
struct ObservedKeyspace {
    let group: GroupID
    var history = History()

    /// The state by applied index, to which every replica must come; looked up only.
    private var outlines: [LogIndex: Outline] = [:]
    private var hashes: [LogIndex: UInt32] = [:]

    /// What of a state costs nothing to look at.
    private struct Outline: Equatable {
        var revision: Revision
        var compactRevision: Revision
        var time: GroupTime
        var leases: [LeaseID]
        var alarms: [AlarmMember]
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
    ///
    /// To hash a state costs as much as it has versions, so that is done at fewer and fewer indexes
    /// as the log grows, by all replicas at the same ones; and wherever `isThorough`.
    mutating func compare(
        _ keyspace: Keyspace,
        at index: LogIndex,
        on node: NodeID,
        isThorough: Bool = false
    ) throws(Violation) {
        let outline = Outline(
            revision: keyspace.revision,
            compactRevision: keyspace.compactRevision,
            time: keyspace.time,
            leases: keyspace.leases,
            alarms: keyspace.alarms.members
        )
        let known = outlines[index]
        if known == nil { outlines[index] = outline }
        guard known == nil || known == outline else {
            throw difference(of: node, at: index, "\(outline)", known.map { "\($0)" })
        }
        if isThorough || index.number % Self.stride(at: index) == 0 {
            try compareHash(of: keyspace, at: index, on: node)
        }
    }

    private static func stride(at index: LogIndex) -> UInt64 {
        var stride: UInt64 = 4
        while stride * 64 < index.number { stride *= 2 }
        return stride
    }

    private mutating func compareHash(
        of keyspace: Keyspace,
        at index: LogIndex,
        on node: NodeID
    ) throws(Violation) {
        let hash: UInt32
        do throws(KeyspaceError) {
            hash = try keyspace.hash(at: keyspace.revision).hash
        } catch {
            throw Violation(.snapshotEquality, "node \(node) cannot hash its state: \(error)")
        }
        let known = hashes[index]
        if known == nil { hashes[index] = hash }
        guard known == nil || known == hash else {
            throw difference(of: node, at: index, "hash \(hash)", known.map { "hash \($0)" })
        }
    }

    private func difference(
        of node: NodeID,
        at index: LogIndex,
        _ own: String,
        _ others: String?
    ) -> Violation {
        Violation(
            .snapshotEquality,
            "node \(node)'s state of group \(group) at index \(index) is \(own), another's "
                + "\(others ?? "unknown")"
        )
    }
}
