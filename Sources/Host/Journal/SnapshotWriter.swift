public import Bytes
public import Environment
internal import Model

/// Writes a snapshot chunk by chunk.
public final class SnapshotWriter<Storage: Disk> {
    private let store: SnapshotStore<Storage>
    private var file: TemporarySnapshot
    private var chunkCount: UInt64 = 0
    private var checksums = CRC32C()

    init(
        _ store: SnapshotStore<Storage>,
        _ file: TemporarySnapshot,
        _ head: SnapshotHead
    ) throws(JournalError) {
        self.store = store
        self.file = file
        try store.write([head.encoded], to: &self.file)
    }

    public func append(_ chunk: ByteSlice) throws(JournalError) {
        precondition(chunk.count <= Limits.chunkBytesMax, "a chunk of \(chunk.count) bytes")
        let checksum = CRC32C.of(chunk)
        var head = ByteWriter(capacity: 8)
        head.integer(UInt32(chunk.count))
        head.integer(checksum)
        try store.write([head.slice, chunk], to: &file)
        chunkCount += 1
        checksums.add(SnapshotFoot.bytes(of: checksum))
    }

    /// Whole, durable and under its name when it returns.
    public func finish() throws(JournalError) {
        let foot = SnapshotFoot(chunkCount: chunkCount, checksum: checksums.value).encoded
        try store.write([foot], to: &file)
        try store.publish(file)
    }

    public func abandon() { store.discard(file) }
}

/// Takes a snapshot's file from a peer.
public final class SnapshotReceiver<Storage: Disk> {
    private let store: SnapshotStore<Storage>
    private var file: TemporarySnapshot
    private let expected: SnapshotHead

    init(
        _ store: SnapshotStore<Storage>,
        _ file: TemporarySnapshot,
        _ expected: SnapshotHead
    ) {
        self.store = store
        self.file = file
        self.expected = expected
    }

    /// The file's next bytes.
    public func append(_ bytes: ByteSlice) throws(JournalError) {
        try store.write([bytes], to: &file)
    }

    /// The file as it has come, all of it; who reads its contents checks every byte.
    public func whole() throws(JournalError) -> SnapshotDescriptor {
        let received = try store.describe(file.path)
        guard received.group == expected.group, received.index == expected.index,
            received.term == expected.term
        else {
            throw .damaged(path: file.path, offset: 0, reason: "it is another snapshot")
        }
        return received
    }

    /// Makes the snapshot durable under its name, once its contents were found good.
    @discardableResult
    public func publish() throws(JournalError) -> SnapshotDescriptor {
        try store.publish(file)
        return try store.describe(file.target)
    }

    public func abandon() { store.discard(file) }
}
