public import Bytes
public import Environment
public import Model

// A snapshot file, little-endian:
//
//     head     MRTLSNAP · format: UInt32 · group, index, term: UInt64 · length of metadata: UInt32
//              · metadata · CRC-32C of all before: UInt32
//     chunk    length: UInt32 · CRC-32C of its bytes: UInt32 · bytes
//     foot     0xffffffff: UInt32 · chunks: UInt64 · CRC-32C of the chunks' CRCs: UInt32
//              · CRC-32C of the foot before: UInt32
//
// It is written under a temporary name and renamed when it is whole and synced, so that a file under
// its own name is whole, unless its disk has failed since; each chunk is checked whenever it is read.

/// The snapshots of all groups of a shard; for one thread.
public final class SnapshotStore<Storage: Disk> {
    let disk: Storage
    let directory: String
    let settings: JournalSettings

    /// How many snapshots of each group got their names here: one may replace another of that name.
    private(set) var publications: [GroupID: UInt64] = [:]

    /// Removes what was not finished when the power went.
    public init(
        on disk: Storage,
        in directory: String,
        settings: JournalSettings
    ) throws(JournalError) {
        self.disk = disk
        self.directory = directory
        self.settings = settings
        for group in try attempt({ (disk) throws(DiskError) in try disk.list(directory) }) {
            let folder = "\(directory)/\(group)/snapshots"
            let names = try attempt { (disk) throws(DiskError) in try disk.list(folder) }
            for name in names where name.hasSuffix(Self.temporarySuffix) {
                try attempt { (disk) throws(DiskError) in try disk.delete("\(folder)/\(name)") }
            }
            // A program that died left its last rename in the cache: the journal must not forget
            // entries for a snapshot whose name the power may yet take away.
            guard !names.isEmpty else { continue }
            try attempt { (disk) throws(DiskError) in try disk.syncDirectory(folder) }
        }
    }

    static var suffix: String { ".snap" }
    static var temporarySuffix: String { ".tmp" }
    static var damagedSuffix: String { ".damaged" }

    /// Begins a snapshot; `metadata` comes back with its descriptor.
    public func begin(
        group: GroupID,
        index: LogIndex,
        term: Term,
        metadata: ByteSlice
    ) throws(JournalError) -> SnapshotWriter<Storage> {
        let head = SnapshotHead(group: group, index: index, term: term, metadata: metadata)
        let file = try temporaryFile(of: head, kind: "saving")
        return try SnapshotWriter(self, file, head)
    }

    /// Begins to take a snapshot's file from a peer, byte for byte.
    public func receive(
        group: GroupID,
        index: LogIndex,
        term: Term
    ) throws(JournalError) -> SnapshotReceiver<Storage> {
        let head = SnapshotHead(group: group, index: index, term: term, metadata: .empty)
        return SnapshotReceiver(self, try temporaryFile(of: head, kind: "receiving"), head)
    }

    /// The newest snapshot of a group; nil if there is none.
    ///
    /// One whose head or foot is damaged is an error, and no older one takes its place: the journal
    /// may begin behind it. Whoever can tell finds the older ones with `snapshots(of:)`.
    public func latest(of group: GroupID) throws(JournalError) -> SnapshotDescriptor? {
        let folder = folder(of: group)
        guard let name = try names(in: folder).last else { return nil }
        return try describe("\(folder)/\(name)")
    }

    /// All snapshots of a group, the newest first, each as it was found.
    public func snapshots(
        of group: GroupID
    ) throws(JournalError) -> [Result<SnapshotDescriptor, JournalError>] {
        let folder = folder(of: group)
        var found: [Result<SnapshotDescriptor, JournalError>] = []
        for name in try names(in: folder).reversed() {
            do throws(JournalError) {
                found.append(.success(try describe("\(folder)/\(name)")))
            } catch .damaged(let path, let offset, let reason) {
                let damage = JournalError.damaged(path: path, offset: offset, reason: reason)
                found.append(.failure(damage))
            }
        }
        return found
    }

    /// Sorted, the oldest first.
    private func names(in folder: String) throws(JournalError) -> [String] {
        try attempt { (disk) throws(DiskError) in try disk.list(folder) }
            .filter { $0.hasSuffix(Self.suffix) }
    }

    /// Up to `count` bytes of the file itself, to be sent to a peer.
    public func read(
        _ descriptor: SnapshotDescriptor,
        at offset: Int,
        count: Int
    ) throws(JournalError) -> ByteSlice {
        try attempt { (disk) throws(DiskError) in
            let file = try disk.open(descriptor.path, .read)
            defer { disk.close(file) }
            return ByteSlice(try disk.read(file, at: offset, count: count))
        }
    }

    /// Each chunk in order, checked.
    public func contents(
        of descriptor: SnapshotDescriptor,
        _ body: (ByteSlice) -> Void
    ) throws(JournalError) {
        let file = try attempt { (disk) throws(DiskError) in
            try disk.open(descriptor.path, .read)
        }
        defer { disk.close(file) }
        var position = descriptor.headByteCount
        var chunkCount: UInt64 = 0
        var checksums = CRC32C()
        while let (bytes, checksum) = try chunk(of: descriptor, file, at: position) {
            body(bytes)
            position += 8 + bytes.count
            chunkCount += 1
            checksums.add(SnapshotFoot.bytes(of: checksum))
        }
        let foot = SnapshotFoot(chunkCount: chunkCount, checksum: checksums.value)
        try check(foot, of: descriptor, file, at: position)
    }

    /// Nil at the foot.
    func chunk(
        of descriptor: SnapshotDescriptor,
        _ file: FileID,
        at position: Int
    ) throws(JournalError) -> (ByteSlice, UInt32)? {
        let head = ByteSlice(
            try attempt { (disk) throws(DiskError) in
                try disk.read(file, at: position, count: 8)
            }
        )
        var reader = ByteReader(head)
        guard let length = try? reader.integer(UInt32.self),
            let checksum = try? reader.integer(UInt32.self)
        else { throw .damaged(path: descriptor.path, offset: position, reason: "it ends early") }
        guard length != SnapshotFoot.sign else { return nil }
        guard length <= Limits.chunkBytesMax else {
            throw .damaged(path: descriptor.path, offset: position, reason: "a chunk's length")
        }
        let bytes = ByteSlice(
            try attempt { (disk) throws(DiskError) in
                try disk.read(file, at: position + 8, count: Int(length))
            }
        )
        guard bytes.count == Int(length), CRC32C.of(bytes) == checksum else {
            throw .damaged(path: descriptor.path, offset: position, reason: "a chunk's bytes")
        }
        return (bytes, checksum)
    }

    /// Takes its name from a damaged file, so that no newer snapshot is ranked behind it.
    public func setAside(_ path: String) throws(JournalError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try attempt { (disk) throws(DiskError) in
            try disk.rename(path, to: path + Self.damagedSuffix)
            try disk.syncDirectory(folder)
        }
    }

    /// Older snapshots of the same group go, and damaged ones, as they are replaced now.
    public func removeOlder(than descriptor: SnapshotDescriptor) throws(JournalError) {
        let folder = folder(of: descriptor.group)
        let names = try attempt { (disk) throws(DiskError) in try disk.list(folder) }
        for name in names
        where name.hasSuffix(Self.damagedSuffix)
            || (name.hasSuffix(Self.suffix) && "\(folder)/\(name)" < descriptor.path)
        {
            try attempt { (disk) throws(DiskError) in try disk.delete("\(folder)/\(name)") }
        }
    }

    func folder(of group: GroupID) -> String { "\(directory)/\(group)/snapshots" }

    /// What the snapshot's head says; its foot is checked too, as far as that goes without reading
    /// all between.
    func describe(_ path: String) throws(JournalError) -> SnapshotDescriptor {
        let (head, foot, size) = try ends(of: path)
        switch SnapshotHead.read(head) {
        case .head(let head):
            guard SnapshotFoot.isWhole(foot) else {
                throw .damaged(
                    path: path,
                    offset: max(0, size - SnapshotFoot.byteCount),
                    reason: "the snapshot's foot"
                )
            }
            return SnapshotDescriptor(
                group: head.group,
                index: head.index,
                term: head.term,
                metadata: head.metadata,
                byteCount: size,
                path: path,
                headByteCount: head.encoded.count
            )
        case .newer(let format):
            throw .newerFormat(path: path, found: format, supported: SnapshotHead.format)
        case .none: throw .damaged(path: path, offset: 0, reason: "the snapshot's head")
        }
    }

    private func ends(
        of path: String
    ) throws(JournalError) -> (head: ByteSlice, foot: ByteSlice, size: Int) {
        try attempt { (disk) throws(DiskError) in
            let file = try disk.open(path, .read)
            defer { disk.close(file) }
            let size = try disk.size(of: file)
            let length = SnapshotHead.byteCount(
                metadata: SnapshotHead.metadataByteCount(
                    ByteSlice(try disk.read(file, at: 0, count: SnapshotHead.fixedByteCount))
                )
            )
            let head = try disk.read(file, at: 0, count: length)
            let footStart = max(0, size - SnapshotFoot.byteCount)
            let foot = try disk.read(file, at: footStart, count: SnapshotFoot.byteCount)
            return (ByteSlice(head), ByteSlice(foot), size)
        }
    }

    private func temporaryFile(
        of head: SnapshotHead,
        kind: String
    ) throws(JournalError) -> TemporarySnapshot {
        let folder = folder(of: head.group)
        let name =
            "\(Journal<Storage>.padded(head.index.number))-\(Journal<Storage>.padded(head.term.number))"
        let path = "\(folder)/\(kind)-\(name)\(Self.temporarySuffix)"
        let id = try attempt { (disk) throws(DiskError) in
            try disk.makeDirectory(folder)
            do throws(DiskError) {
                try disk.delete(path)
            } catch .notFound {
                // The usual case: nobody tried before.
            }
            return try disk.open(path, .create)
        }
        return TemporarySnapshot(
            group: head.group,
            id: id,
            path: path,
            target: "\(folder)/\(name)\(Self.suffix)",
            folder: folder
        )
    }

    /// Adds bytes, and syncs now and then.
    func write(_ slices: [ByteSlice], to file: inout TemporarySnapshot) throws(JournalError) {
        let (id, position) = (file.id, file.position)
        try attempt { (disk) throws(DiskError) in try disk.write(id, at: position, slices) }
        let count = slices.reduce(0) { $0 + $1.count }
        file.position += count
        file.unsyncedBytes += count
        guard file.unsyncedBytes >= Limits.snapshotBytesBetweenSyncs else { return }
        try attempt { (disk) throws(DiskError) in try disk.sync(id) }
        file.unsyncedBytes = 0
    }

    /// Under its own name once it is synced.
    func publish(_ file: TemporarySnapshot) throws(JournalError) {
        defer { disk.close(file.id) }
        publications[file.group, default: 0] += 1
        try attempt { (disk) throws(DiskError) in
            try disk.sync(file.id)
            try disk.rename(file.path, to: file.target)
            #if MARTLET_MUTANTS
            if settings.mutant == .snapshotRenamedWithoutDirectorySync { return }
            #endif
            try disk.syncDirectory(file.folder)
        }
    }

    func discard(_ file: TemporarySnapshot) {
        disk.close(file.id)
        // What stays is removed when the store is opened next.
        _ = try? disk.delete(file.path)
    }

    func attempt<Value>(
        _ body: (Storage) throws(DiskError) -> Value
    ) throws(JournalError) -> Value {
        do throws(DiskError) {
            return try body(disk)
        } catch .full(let path) {
            throw .full(path: path)
        } catch {
            throw .failed(error)
        }
    }
}

/// A snapshot that is whole.
public struct SnapshotDescriptor: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex
    public var term: Term
    public var metadata: ByteSlice

    /// Of the file.
    public var byteCount: Int

    var path: String
    var headByteCount: Int
}

/// A snapshot's file before it is whole.
struct TemporarySnapshot {
    let group: GroupID
    var id: FileID
    var path: String
    var target: String
    var folder: String

    /// Where its next bytes go, and how many of those before are not synced.
    var position = 0
    var unsyncedBytes = 0
}
