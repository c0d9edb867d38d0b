internal import Bytes
internal import Controller
internal import Coordinators
internal import Environment
internal import Journal
internal import Keyspace
internal import Model
internal import RaftCore
internal import Streams

/// The bytes of a state machine in a snapshot file: a metadata blob, then chunks.
enum SnapshotCodec {
    /// Writes the state chunk by chunk, so that memory stays small whatever the state's size.
    static func save<Storage: Disk>(
        _ source: SnapshotSource,
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        switch source {
        case .control(let image):
            var chunk = ByteWriter()
            chunk.byte(SnapshotChunkKind.controlImage.rawValue)
            chunk.slice(ControlRecordCodec.encode(image))
            try writer.append(chunk.slice)
        case .keyspace(let keyspace): try save(keyspace, to: writer)
        case .partition(let partition):
            var chunks = PartitionChunks(partition)
            while let chunk = chunks.next() { try append(chunk, as: .partition, to: writer) }
        case .coordinator(let state):
            var chunks = CoordinatorChunks(state)
            while let chunk = chunks.next() { try append(chunk, as: .coordinator, to: writer) }
        }
    }

    private static func append<Storage: Disk>(
        _ chunk: ByteSlice,
        as kind: SnapshotChunkKind,
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        var whole = ByteWriter(capacity: chunk.count + 1)
        whole.byte(kind.rawValue)
        whole.slice(chunk)
        try writer.append(whole.slice)
    }

    private static func save<Storage: Disk>(
        _ keyspace: Keyspace,
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        var chunks = KeyspaceChunks(keyspace, withAlarms: true)
        while let chunk = chunks.next() { try writer.append(chunk) }
    }

    /// A snapshot of a group, decoded.
    static func load<Storage: Disk>(
        _ descriptor: SnapshotDescriptor,
        of group: GroupID,
        from snapshots: SnapshotStore<Storage>
    ) throws(RecoveryError) -> LoadedSnapshot {
        let configuration: GroupConfiguration
        do throws(DecodeError) {
            configuration = try GroupConfiguration(decoding: descriptor.metadata)
        } catch {
            throw .snapshotMalformed(group, "\(error)")
        }
        return LoadedSnapshot(
            group: group,
            mark: SnapshotMark(
                index: descriptor.index,
                term: descriptor.term,
                configuration: configuration
            ),
            source: try source(of: descriptor, of: group, from: snapshots),
            byteCount: descriptor.byteCount
        )
    }

    /// The state in a snapshot; an error of the disk's is no damage, what does not decode is none
    /// either.
    static func source<Storage: Disk>(
        of descriptor: SnapshotDescriptor,
        of group: GroupID,
        from snapshots: SnapshotStore<Storage>
    ) throws(RecoveryError) -> SnapshotSource {
        var assembler = SourceAssembler()
        var failure: DecodeError?
        do throws(JournalError) {
            try snapshots.contents(of: descriptor) { chunk in
                guard failure == nil else { return }
                do throws(DecodeError) {
                    try assembler.receive(chunk)
                } catch {
                    failure = error
                }
            }
        } catch {
            throw .storage(error)
        }
        if let failure { throw .snapshotMalformed(group, "\(failure)") }
        do throws(DecodeError) {
            return try assembler.source
        } catch {
            throw .snapshotMalformed(group, "\(error)")
        }
    }
}

/// The state of any kind of group, put together again from a snapshot's chunks.
private struct SourceAssembler {
    private var image: MetadataImage?
    private var keyspace = KeyspaceAssembler()
    private var partition: PartitionAssembler?
    private var coordinator: CoordinatorAssembler?

    mutating func receive(_ chunk: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(chunk)
        let number = try reader.byte()
        guard let kind = SnapshotChunkKind(rawValue: number) else {
            throw .malformed("a chunk of kind \(number)")
        }
        let rest = chunk[1..<chunk.count]
        switch kind {
        case .controlImage: image = try ControlRecordCodec.decodeImage(rest)
        case .keyspaceHeader, .keyspaceRecords, .keyspaceLeases, .keyspaceAlarms:
            try keyspace.receive(kind, &reader)
        case .partition:
            var assembler = partition.take() ?? PartitionAssembler()
            try assembler.receive(rest)
            partition = assembler
        case .coordinator:
            var assembler = coordinator.take() ?? CoordinatorAssembler()
            try assembler.receive(rest)
            coordinator = assembler
        }
    }

    /// The first that there is: a snapshot has but one.
    var source: SnapshotSource {
        get throws(DecodeError) {
            if let image { return .control(image) }
            if let keyspace = keyspace.keyspace { return .keyspace(keyspace) }
            if let partition = try partition?.finished() { return .partition(partition) }
            if let state = coordinator?.state { return .coordinator(state) }
            throw .malformed("a snapshot without a state")
        }
    }
}
