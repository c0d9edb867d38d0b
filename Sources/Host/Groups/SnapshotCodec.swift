internal import Bytes
internal import Controller
internal import Environment
internal import Journal
internal import Keyspace
internal import Model
internal import RaftCore

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
        }
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
        var image: MetadataImage?
        var assembler = KeyspaceAssembler()
        var failure: DecodeError?
        do throws(JournalError) {
            try snapshots.contents(of: descriptor) { chunk in
                guard failure == nil else { return }
                do throws(DecodeError) {
                    try read(chunk, image: &image, into: &assembler)
                } catch {
                    failure = error
                }
            }
        } catch {
            throw .storage(error)
        }
        if let failure { throw .snapshotMalformed(group, "\(failure)") }
        if let image { return .control(image) }
        if let keyspace = assembler.keyspace { return .keyspace(keyspace) }
        throw .snapshotMalformed(group, "a snapshot without a state")
    }

    private static func read(
        _ chunk: ByteSlice,
        image: inout MetadataImage?,
        into assembler: inout KeyspaceAssembler
    ) throws(DecodeError) {
        var reader = ByteReader(chunk)
        let number = try reader.byte()
        guard let kind = SnapshotChunkKind(rawValue: number) else {
            throw .malformed("a chunk of kind \(number)")
        }
        if kind == .controlImage {
            image = try ControlRecordCodec.decodeImage(chunk[1..<chunk.count])
        } else {
            try assembler.receive(kind, &reader)
        }
    }
}
