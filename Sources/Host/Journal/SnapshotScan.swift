internal import Bytes
internal import Environment
internal import Model

/// One snapshot that is read again, chunk by chunk.
struct SnapshotScan {
    let path: String
    private var descriptor: SnapshotDescriptor?

    /// How many snapshots had got their names in this group when this one was begun.
    private var publications: UInt64?
    private var position = 0
    private var chunkCount: UInt64 = 0
    private var checksums = CRC32C()

    init(path: String) { self.path = path }

    /// The bytes of the next chunk, or of the head; nil at the end.
    mutating func advance<Storage: Disk>(
        in store: SnapshotStore<Storage>,
        of group: GroupID
    ) throws(JournalError) -> Int? {
        guard let descriptor else {
            publications = store.publications[group]
            let found = try store.describe(path)
            descriptor = found
            position = found.headByteCount
            return found.headByteCount
        }
        let file = try store.attempt { (disk) throws(DiskError) in try disk.open(path, .read) }
        defer { store.disk.close(file) }
        guard let (bytes, checksum) = try store.chunk(of: descriptor, file, at: position) else {
            let foot = SnapshotFoot(chunkCount: chunkCount, checksum: checksums.value)
            try store.check(foot, of: descriptor, file, at: position)
            return nil
        }
        position += 8 + bytes.count
        chunkCount += 1
        checksums.add(SnapshotFoot.bytes(of: checksum))
        return 8 + bytes.count
    }

    /// Whether what has its name may be another snapshot than the one that was begun.
    func isReplaced<Storage: Disk>(in store: SnapshotStore<Storage>, of group: GroupID) -> Bool {
        store.publications[group] != publications
    }
}

extension SnapshotStore {
    /// Of all snapshots that have their own name.
    func paths() throws(JournalError) -> [(group: GroupID, path: String)] {
        var found: [(group: GroupID, path: String)] = []
        for name in try attempt({ (disk) throws(DiskError) in try disk.list(directory) }) {
            guard let number = UInt64(name) else { continue }
            let folder = folder(of: GroupID(number))
            let files = try attempt { (disk) throws(DiskError) in try disk.list(folder) }
            for file in files where file.hasSuffix(Self.suffix) {
                found.append((GroupID(number), "\(folder)/\(file)"))
            }
        }
        return found
    }

    /// The foot must be that of the chunks before it, and end the file.
    func check(
        _ foot: SnapshotFoot,
        of descriptor: SnapshotDescriptor,
        _ file: FileID,
        at position: Int
    ) throws(JournalError) {
        let found = try attempt { (disk) throws(DiskError) in
            try disk.read(file, at: position, count: SnapshotFoot.byteCount + 1)
        }
        guard ByteSlice(found) == foot.encoded else {
            throw .damaged(path: descriptor.path, offset: position, reason: "the snapshot's foot")
        }
    }
}
