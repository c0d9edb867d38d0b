internal import Bytes
public import Environment
public import Journal
public import Keyspace
public import Model
internal import RaftCore

/// Puts a saved keyspace where a node's first start finds it.
public enum Restoration {
    /// Writes `keyspace` as the first snapshot of `group`, whose voters are those of the new
    /// cluster; durable on return.
    ///
    /// Each node of the cluster is given the same, as entry 1 of term 1: a log that begins behind
    /// it is a log that all of them share.
    public static func write<Storage: Disk>(
        _ keyspace: Keyspace,
        of group: GroupID,
        voters: [ReplicaID],
        to snapshots: SnapshotStore<Storage>
    ) throws(JournalError) {
        let configuration = GroupConfiguration(voters: voters)
        let writer = try snapshots.begin(
            group: group,
            index: LogIndex(1),
            term: Term(1),
            metadata: configuration.encoded
        )
        do throws(JournalError) {
            try SnapshotCodec.save(.keyspace(keyspace), to: writer)
            try writer.finish()
        } catch {
            writer.abandon()
            throw error
        }
    }
}
