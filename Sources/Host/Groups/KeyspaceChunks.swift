internal import Bytes
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// A keyspace as the chunks of its snapshot, one after the other, made from a copy.
///
/// However large keyspace and values are, no chunk is much larger than `snapshotChunkBytesWanted`:
/// whoever reads it must hold it in memory.
struct KeyspaceChunks: Sendable {
    private let keyspace: Keyspace
    private let alarms: [AlarmMember]
    private var leases: ArraySlice<LeaseRecord>
    private var stage = Stage.header

    private enum Stage {
        case header
        case alarms
        case leases
        case records(SnapshotCursor)
        case end
    }

    /// Alarms are left out where the members that raised them will not be.
    init(_ keyspace: Keyspace, withAlarms: Bool) {
        self.keyspace = keyspace
        alarms = withAlarms ? keyspace.alarms.members : []
        leases = keyspace.leaseRecords[...]
    }

    /// Nil at the end.
    mutating func next() -> ByteSlice? {
        var chunk = ByteWriter()
        switch stage {
        case .header:
            chunk.byte(SnapshotChunkKind.keyspaceHeader.rawValue)
            KeyspaceCodec.encode(keyspace.snapshotHeader(), takeLeases(), into: &chunk)
            stage = .alarms
        case .alarms:
            stage = .leases
            guard !alarms.isEmpty else { return next() }
            chunk.byte(SnapshotChunkKind.keyspaceAlarms.rawValue)
            KeyspaceCodec.encode(alarms, into: &chunk)
        case .leases:
            guard !leases.isEmpty else {
                stage = .records(SnapshotCursor())
                return next()
            }
            chunk.byte(SnapshotChunkKind.keyspaceLeases.rawValue)
            KeyspaceCodec.encode(takeLeases(), into: &chunk)
        case .records(let cursor):
            let (records, next) = keyspace.snapshotRecords(
                from: cursor,
                limit: Limits.snapshotRecordsPerChunk,
                bytes: Limits.snapshotChunkBytesWanted
            )
            chunk.byte(SnapshotChunkKind.keyspaceRecords.rawValue)
            for record in records { KeyspaceCodec.encode(record, into: &chunk) }
            stage = next.map { .records($0) } ?? .end
        case .end: return nil
        }
        return chunk.slice
    }

    private mutating func takeLeases() -> ArraySlice<LeaseRecord> {
        let taken = leases.prefix(Limits.snapshotLeasesPerChunk)
        leases.removeFirst(taken.count)
        return taken
    }
}

/// The first byte of a snapshot's chunk; the numbers are on disk.
enum SnapshotChunkKind: UInt8 {
    case controlImage = 1
    case keyspaceHeader = 2
    case keyspaceRecords = 3

    /// Leases that found no room in the header's chunk.
    case keyspaceLeases = 4

    /// Only where there are alarms.
    case keyspaceAlarms = 5

    /// A partition's own chunk behind it.
    case partition = 6

    /// A coordinator's own chunk behind it.
    case coordinator = 7
}

/// A keyspace that is put together again from its chunks.
struct KeyspaceAssembler {
    private(set) var keyspace: Keyspace?

    /// Takes the next chunk, whose kind has been read.
    mutating func receive(
        _ kind: SnapshotChunkKind,
        _ reader: inout ByteReader
    ) throws(DecodeError) {
        switch kind {
        case .controlImage, .partition, .coordinator:
            throw .malformed("another state's chunk in a keyspace's snapshot")
        case .keyspaceHeader:
            guard keyspace == nil else { throw .malformed("a second header") }
            keyspace = try KeyspaceCodec.keyspace(from: &reader)
            guard reader.isAtEnd else { throw .malformed("more behind the header") }
        case .keyspaceRecords:
            var records: [SnapshotRecord] = []
            while !reader.isAtEnd { records.append(try KeyspaceCodec.record(from: &reader)) }
            try change { (keyspace) throws(KeyspaceError) in
                for record in records { try keyspace.restore(record) }
            }
        case .keyspaceAlarms:
            let alarms = try KeyspaceCodec.alarms(from: &reader)
            try change { (keyspace) throws(KeyspaceError) in try keyspace.restore(alarms) }
        case .keyspaceLeases:
            let leases = try KeyspaceCodec.leases(from: &reader)
            try change { (keyspace) throws(KeyspaceError) in try keyspace.restore(leases) }
        }
    }

    private mutating func change(
        _ body: (inout Keyspace) throws(KeyspaceError) -> Void
    ) throws(DecodeError) {
        guard var taken = keyspace.take() else { throw .malformed("a chunk before the header") }
        do throws(KeyspaceError) {
            try body(&taken)
        } catch {
            throw .malformed("\(error)")
        }
        keyspace = taken
    }
}
