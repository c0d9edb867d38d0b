internal import Bytes
internal import Controller
internal import Environment
internal import Journal
internal import Keyspace
internal import Model
internal import RaftCore

/// The bytes of a state machine in a snapshot file: a metadata blob, then chunks.
enum SnapshotCodec {
    /// The first byte of a chunk; the numbers are on disk.
    private enum ChunkKind: UInt8 {
        case controlImage = 1
        case keyspaceHeader = 2
        case keyspaceRecords = 3
        case keyspaceLeases = 4
    }

    static func encodeConfiguration(_ configuration: GroupConfiguration) -> ByteSlice {
        var writer = ByteWriter()
        for list in [configuration.voters, configuration.outgoingVoters, configuration.learners] {
            writer.varint(UInt64(list.count))
            for replica in list { writer.integer(replica.number) }
        }
        return writer.slice
    }

    static func decodeConfiguration(_ bytes: ByteSlice) throws(DecodeError) -> GroupConfiguration {
        var reader = ByteReader(bytes)
        var lists: [[ReplicaID]] = []
        for _ in 0..<3 {
            let count = try reader.varint()
            guard count <= UInt64(reader.remaining / 8) else { throw .truncated }
            var list: [ReplicaID] = []
            for _ in 0..<count { list.append(ReplicaID(try reader.integer())) }
            lists.append(list)
        }
        return GroupConfiguration(voters: lists[0], outgoingVoters: lists[1], learners: lists[2])
    }

    /// Writes the state chunk by chunk, so that memory stays small whatever the state's size.
    static func save<Storage: Disk>(
        _ source: SnapshotSource,
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        switch source {
        case .control(let image):
            var chunk = ByteWriter()
            chunk.byte(ChunkKind.controlImage.rawValue)
            chunk.slice(ControlRecordCodec.encode(image))
            try writer.append(chunk.slice)
        case .keyspace(let keyspace): try save(keyspace, to: writer)
        }
    }

    private static func save<Storage: Disk>(
        _ keyspace: Keyspace,
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        var leases = keyspace.leaseRecords[...]
        var head = ByteWriter()
        head.byte(ChunkKind.keyspaceHeader.rawValue)
        KeyspaceCodec.encode(keyspace.snapshotHeader(), into: &head)
        KeyspaceCodec.encode(leases.prefix(Limits.snapshotLeasesPerChunk), into: &head)
        try writer.append(head.slice)
        leases = leases.dropFirst(Limits.snapshotLeasesPerChunk)
        while !leases.isEmpty {
            var chunk = ByteWriter()
            chunk.byte(ChunkKind.keyspaceLeases.rawValue)
            KeyspaceCodec.encode(leases.prefix(Limits.snapshotLeasesPerChunk), into: &chunk)
            try writer.append(chunk.slice)
            leases = leases.dropFirst(Limits.snapshotLeasesPerChunk)
        }
        var cursor: SnapshotCursor? = SnapshotCursor()
        while let from = cursor {
            let (records, next) = keyspace.snapshotRecords(
                from: from,
                limit: Limits.snapshotRecordsPerChunk
            )
            try save(records, to: writer)
            cursor = next
        }
    }

    /// In as many chunks as it takes: values may be large, and a chunk is held in memory.
    private static func save<Storage: Disk>(
        _ records: [SnapshotRecord],
        to writer: SnapshotWriter<Storage>
    ) throws(JournalError) {
        var chunk = ByteWriter()
        for record in records {
            if chunk.count == 0 { chunk.byte(ChunkKind.keyspaceRecords.rawValue) }
            KeyspaceCodec.encode(record, into: &chunk)
            guard chunk.count >= Limits.snapshotRecordBytesPerChunk else { continue }
            try writer.append(chunk.slice)
            chunk = ByteWriter()
        }
        if chunk.count > 0 { try writer.append(chunk.slice) }
    }

    /// The newest snapshot of a group, decoded; nil if there is none.
    static func load<Storage: Disk>(
        _ group: GroupID,
        from snapshots: SnapshotStore<Storage>
    ) throws(RecoveryError) -> LoadedSnapshot? {
        let descriptor: SnapshotDescriptor
        do throws(JournalError) {
            guard let latest = try snapshots.latest(of: group) else { return nil }
            descriptor = latest
        } catch {
            throw .storage(error)
        }
        do throws(DecodeError) {
            let configuration = try decodeConfiguration(descriptor.metadata)
            let mark = SnapshotMark(
                index: descriptor.index,
                term: descriptor.term,
                configuration: configuration
            )
            return LoadedSnapshot(
                group: group,
                mark: mark,
                source: try load(descriptor, from: snapshots),
                byteCount: descriptor.byteCount
            )
        } catch {
            throw .snapshotMalformed(group, "\(error)")
        }
    }

    static func load<Storage: Disk>(
        _ descriptor: SnapshotDescriptor,
        from snapshots: SnapshotStore<Storage>
    ) throws(DecodeError) -> SnapshotSource {
        var state = StateInChunks()
        var failure: DecodeError?
        do throws(JournalError) {
            try snapshots.contents(of: descriptor) { chunk in
                guard failure == nil else { return }
                do throws(DecodeError) {
                    try read(chunk, into: &state)
                } catch {
                    failure = error
                }
            }
        } catch {
            throw .malformed("\(error)")
        }
        if let failure { throw failure }
        return try state.source()
    }

    private static func read(
        _ chunk: ByteSlice,
        into state: inout StateInChunks
    ) throws(DecodeError) {
        var reader = ByteReader(chunk)
        let number = try reader.byte()
        guard let kind = ChunkKind(rawValue: number) else {
            throw .malformed("a chunk of kind \(number)")
        }
        switch kind {
        case .controlImage:
            state.image = try ControlRecordCodec.decodeImage(chunk[1..<chunk.count])
        case .keyspaceHeader:
            state.header = try KeyspaceCodec.header(from: &reader)
            state.leases = try KeyspaceCodec.leases(from: &reader)
        case .keyspaceLeases:
            state.leases += try KeyspaceCodec.leases(from: &reader)
        case .keyspaceRecords:
            try state.begin()
            while !reader.isAtEnd { try state.restore(try KeyspaceCodec.record(from: &reader)) }
        }
    }
}

/// A state machine's value on its way out of a snapshot's chunks.
private struct StateInChunks {
    var image: MetadataImage?
    var header: KeyspaceSnapshotHeader?
    var leases: [LeaseRecord] = []
    private var keyspace: Keyspace?

    /// The header and all leases were read; records follow.
    mutating func begin() throws(DecodeError) {
        guard let header else {
            guard keyspace == nil else { return }
            throw .malformed("records before the header")
        }
        do throws(KeyspaceError) {
            keyspace = try Keyspace(header: header, leases: leases)
        } catch {
            throw .malformed("a keyspace's header: \(error)")
        }
        self.header = nil
        leases = []
    }

    mutating func restore(_ record: SnapshotRecord) throws(DecodeError) {
        do throws(KeyspaceError) {
            try keyspace?.restore(record)
        } catch {
            throw .malformed("\(error)")
        }
    }

    mutating func source() throws(DecodeError) -> SnapshotSource {
        if let image { return .control(image) }
        if header != nil { try begin() }
        guard let keyspace, leases.isEmpty else { throw .malformed("a snapshot without a state") }
        return .keyspace(keyspace)
    }
}
