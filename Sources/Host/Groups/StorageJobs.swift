public import Bytes
public import Controller
public import Coordinators
public import Journal
public import Keyspace
public import Model
public import RaftCore
public import Streams

/// Work for the journal's thread.
public enum JournalJob: Sendable {
    /// Write, sync, and say `appended`.
    case append(JournalBatch)

    /// A snapshot on disk covers all entries up to `index`.
    case release(GroupID, upTo: LogIndex)

    /// The group is no more: nothing of it need be kept.
    case drop(GroupID)

    /// Say which files are written to no more, and what stands in them.
    case listColdFiles
}

/// Work that reads or writes snapshot files.
public enum SnapshotJob: Sendable {
    case save(GroupID, SnapshotMark, SnapshotSource)

    /// Read about so many bytes of cold data again, and hold them against their checksums; `files` of
    /// the journal begin a new pass, nil goes on.
    case scrub(byteCount: Int, files: [ColdJournalFile]?)

    /// Read a chunk of the newest snapshot file, to be sent to `target`.
    case read(GroupID, SnapshotMark, offset: UInt64, target: ReplicaID)

    /// Write a chunk that the leader sent; the last one makes the snapshot whole and loads it.
    case receive(GroupID, SnapshotMark, offset: UInt64, totalBytes: UInt64, bytes: ByteSlice)

    /// The group is no more: its files go.
    case drop(GroupID)
}

/// A state machine's value at a snapshot; copying it cost nothing.
public enum SnapshotSource: Sendable {
    case control(MetadataImage)
    case keyspace(Keyspace)
    case partition(Partition)
    case coordinator(CoordinatorState)
}

extension SnapshotSource {
    /// The time of the last command in it; nil where time does not matter.
    var time: GroupTime? {
        switch self {
        case .control: nil
        case .keyspace(let keyspace): keyspace.time
        case .partition(let partition): partition.time
        case .coordinator(let state): state.time
        }
    }

    /// What a new group begins with.
    static func empty(_ kind: WantedGroup.Kind) -> SnapshotSource {
        switch kind {
        case .keyspace: .keyspace(Keyspace())
        case .partition: .partition(Partition())
        case .coordinator: .coordinator(CoordinatorState())
        }
    }
}

/// What a storage thread has to say.
public enum StorageCompletion: Sendable {
    /// The append under way is durable, and with it the journal up to this batch.
    case appended(upTo: UInt64)

    /// Nothing of the append counts; it may be tried again when there is space.
    case full(String)

    /// Entries of these groups keep the journal's oldest file, and so all `bytes` of it.
    case pinned([GroupID], bytes: Int)

    /// The files that are written to no more.
    case coldFiles([ColdJournalFile])

    case snapshotSaved(GroupID, SnapshotMark, byteCount: Int)
    case snapshotNotSaved(GroupID, SnapshotMark, String)
    case snapshotRead(
        GroupID,
        SnapshotMark,
        offset: UInt64,
        totalBytes: UInt64,
        bytes: ByteSlice,
        target: ReplicaID
    )
    case snapshotUnreadable(GroupID, SnapshotMark, target: ReplicaID, String)
    case snapshotChunkReceived(GroupID, SnapshotMark, received: UInt64)
    case snapshotReceived(GroupID, SnapshotMark, SnapshotSource)
    case snapshotChunkRefused(GroupID, SnapshotMark, String)
    case snapshotsDropped(GroupID)

    /// The journal knows that the group is no more: its snapshots may go. Or it has no space to say so.
    case groupDropped(GroupID)
    case groupNotDropped(GroupID)

    case scrubbed(ScrubReport)

    /// The disk cannot be trusted any longer; the node stops.
    case failed(String)
}
