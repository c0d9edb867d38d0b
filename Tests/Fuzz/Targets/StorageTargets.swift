import Bytes
import Controller
import Keyspace
import KeyspaceModel
import Model
import RaftCore

@testable import Groups
@testable import Journal

/// What a node reads from its own disk, which may be damaged, and what its log holds.
extension FuzzTarget {
    static let storageTargets: [FuzzTarget] = [
        FuzzTarget("command", samples: commandSamples, command),
        FuzzTarget("control-records", bytesPerByte: 64, samples: controlSamples, controlRecords),
        // Payloads are copied out of their file, and an entry is wider than its head.
        FuzzTarget("journal-records", bytesPerByte: 8, samples: recordSamples, journalRecords),
        FuzzTarget("journal-image", samples: journalImageSamples, journalImage),
        FuzzTarget("snapshot-head", bytesPerByte: 8, samples: headSamples, snapshotHead),
        // A version is some hundred bytes in two trees, for ten in a record.
        FuzzTarget("keyspace-chunks", bytesPerByte: 512, samples: chunkSamples, keyspaceChunks),
        FuzzTarget("keyspace-file", bytesPerByte: 512, samples: fileSamples, keyspaceFile),
    ]

    private static func commandSamples() -> [ByteSlice] {
        let body = PutRequest(key: "a", value: "1").key
        return [CommandKind.put, .expireLeases].map { kind in
            let header = CommandHeader(
                kind: kind,
                origin: NodeID(1),
                sequence: 7,
                time: GroupTime(9)
            )
            return body.withUnsafeBytes { header.payload($0) }
        }
    }

    private static func command(_ input: ByteSlice, _ run: FuzzRun) {
        let body = run.decoding { CommandHeader.body(of: input) }
        guard let header = try? CommandHeader(decoding: input) else { return }
        let again = body.withUnsafeBytes { header.payload($0) }
        run.expect(again == input, "\(header) is encoded in two ways")
    }

    private static let node = NodeRecord(
        id: NodeID(1),
        name: "n1",
        peerAddress: "127.0.0.1:2380",
        clientURLs: ["http://127.0.0.1:2379"]
    )
    private static let keyspace = KeyspaceRecord(
        name: "orders",
        group: GroupID(1024),
        founders: [NodeID(1)]
    )

    private static let member = MemberRecord(
        id: NodeID(1),
        peerURLs: ["http://127.0.0.1:2380"],
        isLearner: true
    )

    /// The commands of the control group; then its image, and a group's configuration.
    private static let controlKinds: [CommandKind] = [
        .registerNode, .createKeyspace, .foundMembers, .addMember, .promoteMember, .removeMember,
        .updateMember, .dropKeyspace,
    ]

    private static func controlSamples() -> [ByteSlice] {
        let records: [ClusterRecord] = [
            .nodeRegistered(node), .keyspaceCreated("orders"), .membersFounded([member]),
            .memberAdded(member), .memberPromoted(NodeID(1)), .memberRemoved(NodeID(1)),
            .memberUpdated(NodeID(1), peerURLs: ["http://127.0.0.1:2380"]),
            .keyspaceDropped("orders"),
        ]
        let image = MetadataImage(
            nodes: [node],
            keyspaces: [keyspace],
            members: [member],
            removed: [NodeID(3)],
            lastGroup: GroupID(1024)
        )
        let configuration = GroupConfiguration(
            voters: [ReplicaID(1), ReplicaID(2)],
            outgoingVoters: [ReplicaID(1)],
            learners: [ReplicaID(3)]
        )
        return records.enumerated().map { place, record in
            ControlRecordCodec.encode(record).prefixed(UInt8(place))
        } + [
            ControlRecordCodec.encode(image).prefixed(UInt8(records.count)),
            configuration.encoded.prefixed(UInt8(records.count + 1)),
        ]
    }

    private static func controlRecords(_ input: ByteSlice, _ run: FuzzRun) {
        var choices = Choices(input)
        let choice = Int(choices.byte()) % (controlKinds.count + 2)
        let bytes = choices.rest()
        if choice < controlKinds.count {
            let kind = controlKinds[choice]
            let decoded = run.decoding { try? ControlRecordCodec.decode(kind, bytes) }
            guard let record = decoded else { return }
            let again = try? ControlRecordCodec.decode(kind, ControlRecordCodec.encode(record))
            run.expect(again == record, "\(record) came back changed")
            run.expect(ControlRecordCodec.kind(of: record) == kind, "\(record) of another kind")
        } else if choice == controlKinds.count {
            let decoded = run.decoding { try? ControlRecordCodec.decodeImage(bytes) }
            guard let image = decoded else { return }
            let again = try? ControlRecordCodec.decodeImage(ControlRecordCodec.encode(image))
            run.expect(again == image, "\(image) came back changed")
        } else {
            let decoded = run.decoding { try? GroupConfiguration(decoding: bytes) }
            guard let configuration = decoded else { return }
            let again = try? GroupConfiguration(decoding: configuration.encoded)
            run.expect(again == configuration, "\(configuration) came back changed")
        }
    }
}

extension FuzzTarget {
    private static func recordSamples() -> [ByteSlice] {
        var batch = JournalBatch()
        let group = GroupID(1)
        let state = JournalState(term: Term(2), votedFor: 1, commitIndex: LogIndex(4))
        batch.states = [JournalGroupState(group: group, state: state)]
        batch.marks = [JournalMark(group: group, index: LogIndex(3), term: Term(1))]
        batch.entries = [
            JournalEntry(
                group: group,
                index: LogIndex(4),
                term: Term(2),
                kind: 1,
                payload: "payload"
            )
        ]
        return [.joined(RecordCodec.link(RecordCodec.encode(batch)) { _ in 7 }.slices)]
    }

    private static func journalRecords(_ input: ByteSlice, _ run: FuzzRun) {
        guard let batch = run.decoding({ try? RecordCodec.decode(input) }) else { return }
        let encoded = RecordCodec.link(RecordCodec.encode(batch)) { group in
            batch.links.last { $0.group == group }?.previous ?? 0
        }
        let bytes = ByteSlice.joined(encoded.slices)
        run.expect(bytes.count == encoded.byteCount, "\(encoded.byteCount) bytes promised")
        // Whoever writes a batch links each of its groups once; what was read may be older.
        let links = RecordCodec.linkBytes * (encoded.groups.count - batch.links.count)
        run.expect(bytes.count == input.count + links, "a batch in two lengths")
        var linked = batch
        linked.links = (try? RecordCodec.decode(bytes))?.links ?? []
        run.expect(linked.links.map(\.group) == encoded.groups, "groups without links")
        run.expect((try? RecordCodec.decode(bytes)) == linked, "a batch came back changed")
    }

    private static func headSamples() -> [ByteSlice] {
        let head = SnapshotHead(
            group: GroupID(1),
            index: LogIndex(9),
            term: Term(2),
            metadata: "metadata"
        )
        let foot = SnapshotFoot(chunkCount: 3, checksum: 7)
        return [head.encoded[0..<head.encoded.count - 4], foot.encoded]
    }

    /// As it came, and as if its checksum were right.
    private static func snapshotHead(_ input: ByteSlice, _ run: FuzzRun) {
        _ = SnapshotFoot.isWhole(input)
        let promised = SnapshotHead.metadataByteCount(input)
        // Journal's `Limits.metadataBytesMax`; a class hides the module's name.
        run.expect(promised <= 1 << 20, "\(promised) bytes to be read")
        let length = SnapshotHead.fixedByteCount + promised
        for bytes in [input, input[0..<min(length, input.count)].sealed] {
            guard case .head(let head) = run.decoding({ SnapshotHead.read(bytes) }) else {
                continue
            }
            guard case .head(let again) = SnapshotHead.read(head.encoded) else {
                return run.expect(false, "what we encoded is refused")
            }
            run.expect(again.encoded == head.encoded, "a head came back changed")
        }
    }
}

extension FuzzTarget {
    private static func sampleKeyspace() -> Keyspace {
        var keyspace = Keyspace()
        let requests = [
            PutRequest(key: "a", value: "1"), PutRequest(key: "b", value: "2"),
            PutRequest(key: "a", value: "3"),
        ]
        for request in requests { _ = keyspace.apply(.put(request), at: GroupTime(1)) }
        _ = keyspace.apply(.deleteRange(DeleteRangeRequest(key: "b")), at: GroupTime(2))
        return keyspace
    }

    private static func chunks(of keyspace: Keyspace) -> [ByteSlice] {
        var chunks = KeyspaceChunks(keyspace, withAlarms: true)
        var all: [ByteSlice] = []
        while let chunk = chunks.next() { all.append(chunk) }
        return all
    }

    private static func chunkSamples() -> [ByteSlice] {
        let parts = chunks(of: sampleKeyspace()).map { $0.prefixed(UInt8(clamping: $0.count)) }
        return [.joined(parts)]
    }

    private static func assemble(_ chunks: [ByteSlice]) -> Keyspace? {
        var assembler = KeyspaceAssembler()
        for chunk in chunks {
            var reader = ByteReader(chunk)
            do throws(DecodeError) {
                guard let kind = SnapshotChunkKind(rawValue: try reader.byte()) else { return nil }
                try assembler.receive(kind, &reader)
            } catch {
                return nil
            }
        }
        return assembler.keyspace
    }

    /// The input is chunks, each behind a byte of length.
    private static func keyspaceChunks(_ input: ByteSlice, _ run: FuzzRun) {
        var choices = Choices(input)
        var parts: [ByteSlice] = []
        while !choices.isAtEnd { parts.append(choices.shortSlice()) }
        guard let keyspace = run.decoding({ assemble(parts) }) else { return }
        expectSame(keyspace, assemble(chunks(of: keyspace)), run)
    }

    private static func expectSame(_ keyspace: Keyspace, _ again: Keyspace?, _ run: FuzzRun) {
        guard let again else { return run.expect(false, "what we saved is refused") }
        run.expect(chunks(of: again) == chunks(of: keyspace), "a keyspace came back changed")
    }

    private static func file(of keyspace: Keyspace) -> ByteSlice {
        var writer = KeyspaceFileWriter(keyspace)
        var blocks: [ByteSlice] = []
        while let block = writer.next(4_096) { blocks.append(block) }
        return .joined(blocks)
    }

    private static func fileSamples() -> [ByteSlice] {
        let file = file(of: sampleKeyspace())
        return [file[0..<file.count - SHA256.byteCount]]
    }

    private static func restored(from file: ByteSlice) -> Keyspace? {
        do throws(KeyspaceFileError) {
            var reader = try KeyspaceFileReader(byteCount: file.count) { offset, count in
                let start = min(offset, file.count)
                return file[start..<min(start + count, file.count)]
            }
            return try reader.keyspace()
        } catch {
            return nil
        }
    }

    /// As it came, and as if its digest were right.
    private static func keyspaceFile(_ input: ByteSlice, _ run: FuzzRun) {
        _ = restored(from: input)
        let signed = ByteSlice.joined([input, SHA256.of(input)])
        guard let keyspace = run.decoding({ restored(from: signed) }) else { return }
        run.expect(
            restored(from: file(of: keyspace)).map { chunks(of: $0) } != nil,
            "what we saved is refused"
        )
    }
}
