internal import Bytes
internal import Environment

/// A disk with a volatile cache, as pessimistic as a real one may be.
///
/// What is written is durable only once its file is synced, a name only once its directory is. When
/// the power fails, unsynced sectors are kept, lost or torn at random, and of each directory's
/// unsynced changes a prefix survives (file systems keep their journal in order). Besides, a
/// disk can be full, fail to sync or to read, be slow, and rot.
final class SimulatedDisk: Disk {
    private var names = NameTable()
    private var durableNames = NameTable()
    private var directories: [Directory] = []
    private var openFiles: [OpenFile] = []
    private var nextFile = 1
    private var random: SeededGenerator

    /// What is wrong with it at the moment.
    var faults = DiskFaults()

    /// What becomes of unsynced sectors.
    let powerLoss: PowerLoss

    /// The power fails after this many more changes, in the middle of whatever is under way.
    var changesUntilPowerFails: Int?

    /// Where the process or the power is to fail next.
    var armed: ArmedFaultPoint?

    /// What it failed at, once it has.
    private(set) var struck: ArmedFaultPoint?

    private(set) var isOff = false

    private(set) var syncs = 0

    private struct OpenFile {
        var id: Int
        var path: String
        var file: SimulatedFile
        var isWritable: Bool
    }

    private struct Directory {
        var path: String
        var unsynced: [NameChange] = []
    }

    private enum NameChange {
        case link(String, SimulatedFile)
        case unlink(String)
        case rename(String, to: String)
    }

    init(random: SeededGenerator, powerLoss: PowerLoss = PowerLoss()) {
        self.random = random
        self.powerLoss = powerLoss
    }

    var usedBytes: Int { names.entries.reduce(0) { $0 + $1.file.size } }

    func list(_ directory: String) throws(DiskError) -> [String] {
        try checkPower(directory)
        let prefix = directory.isEmpty ? "" : directory + "/"
        var names: [String] = []
        for entry in self.names.entries where entry.path.hasPrefix(prefix) {
            // A directory's name comes once for all the files in it, as paths are sorted.
            let name = entry.path.dropFirst(prefix.count).prefix { $0 != "/" }
            if names.last != String(name) { names.append(String(name)) }
        }
        return names
    }

    func makeDirectory(_ path: String) throws(DiskError) { try checkPower(path) }

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> FileID {
        try checkPower(path)
        let file: SimulatedFile
        switch mode {
        case .read, .readWrite:
            guard let existing = names.file(at: path) else { throw .notFound(path: path) }
            file = existing
        case .create:
            guard names.file(at: path) == nil else { throw .alreadyExists(path: path) }
            try checkSpace(path, for: 1)
            try change(path, .create)
            file = SimulatedFile()
            names.link(path, to: file)
            note(.link(path, file), in: path)
        }
        defer { nextFile += 1 }
        let isWritable = if case .read = mode { false } else { true }
        openFiles.append(OpenFile(id: nextFile, path: path, file: file, isWritable: isWritable))
        return FileID(nextFile)
    }

    func close(_ file: FileID) { openFiles.removeAll { $0.id == file.number } }

    func size(of file: FileID) throws(DiskError) -> Int { try find(file).file.size }

    func read(_ file: FileID, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        let open = try find(file)
        if random.happens(permille: faults.readFaultPermille)
            || !open.file.isReadable(at: offset, count)
        {
            throw .failed(path: open.path, reason: "input/output error")
        }
        return open.file.read(at: offset, count: count)
    }

    func write(_ file: FileID, at offset: Int, _ slices: [ByteSlice]) throws(DiskError) {
        let open = try findWritable(file)
        let count = slices.reduce(0) { $0 + $1.count }
        let growth = max(0, offset + count - open.file.size)
        let isCut = isOutOfSpace(for: growth)
        do throws(DiskError) { try change(open.path, .write) } catch {
            // The power fails within the write: some of it may have reached the cache.
            writePart(slices, of: count, at: offset, open.file)
            throw error
        }
        if isCut { writePart(slices, of: count, at: offset, open.file) }
        guard !isCut else { throw .full(path: open.path) }
        var position = offset
        for slice in slices {
            slice.withUnsafeBytes { open.file.write($0, at: position) }
            position += slice.count
        }
        try reach(.write, open.path, isAfter: true)
    }

    /// Only what fits into the file as it is, so that nothing grows on a full disk.
    private func writePart(
        _ slices: [ByteSlice],
        of count: Int,
        at offset: Int,
        _ file: SimulatedFile
    ) {
        var left = min(random.below(count + 1), max(0, file.size - offset))
        var position = offset
        for slice in slices where left > 0 {
            let part = slice[0..<min(left, slice.count)]
            part.withUnsafeBytes { file.write($0, at: position) }
            position += part.count
            left -= part.count
        }
    }

    func zeroFill(_ file: FileID, to size: Int) throws(DiskError) {
        let open = try findWritable(file)
        try checkSpace(open.path, for: size - open.file.size)
        try change(open.path, .fill)
        if size > open.file.size { open.file.resize(size) }
        try reach(.fill, open.path, isAfter: true)
    }

    func truncate(_ file: FileID, to size: Int) throws(DiskError) {
        let open = try findWritable(file)
        try checkSpace(open.path, for: size - open.file.size)
        try change(open.path, .truncate)
        open.file.resize(size)
    }

    func sync(_ file: FileID) throws(DiskError) {
        let open = try find(file)
        try change(open.path, .sync)
        syncs += 1
        if let fault = faults.syncFault {
            faults.syncFault = nil
            switch fault {
            case .reverts: open.file.revert()
            case .seemsClean: open.file.forget()
            case .staysDirty: break
            }
            throw .failed(path: open.path, reason: "input/output error at sync")
        }
        open.file.sync()
        try reach(.sync, open.path, isAfter: true)
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        try change(path, .syncFolder)
        let place = place(ofDirectory: path)
        for change in directories[place].unsynced { apply(change) }
        directories[place].unsynced = []
        try reach(.syncFolder, path, isAfter: true)
    }

    func rename(_ source: String, to target: String) throws(DiskError) {
        try checkPower(source)
        guard names.file(at: source) != nil else { throw .notFound(path: source) }
        try change(target, .rename)
        guard let file = names.unlink(source) else { return }
        names.link(target, to: file)
        note(.rename(source, to: target), in: target)
        try reach(.rename, target, isAfter: true)
    }

    func delete(_ path: String) throws(DiskError) {
        try checkPower(path)
        guard names.file(at: path) != nil else { throw .notFound(path: path) }
        try change(path, .delete)
        names.unlink(path)
        note(.unlink(path), in: path)
        try reach(.delete, path, isAfter: true)
    }
}

extension SimulatedDisk {
    /// What was not synced may be gone, wholly or in part; nothing is open any longer.
    func losePower() {
        for place in directories.indices {
            let unsynced = directories[place].unsynced
            for change in unsynced.prefix(random.below(unsynced.count + 1)) { apply(change) }
            directories[place].unsynced = []
        }
        names = durableNames
        for entry in names.entries { entry.file.losePower(powerLoss, &random) }
        restart()
    }

    /// The process is gone; the cache is not.
    func restart() {
        openFiles = []
        isOff = false
        struck = nil
        armed = nil
        changesUntilPowerFails = nil
    }

    /// Damages a file while nobody looks; says where, nil if there is no such file.
    func suffer(_ damage: Damage, at path: String) -> Int? {
        guard let file = names.file(at: path), file.size > 0 else { return nil }
        let offset = random.below(file.size)
        switch damage {
        case .flippedBit: file.rot(at: offset, bit: random.below(8))
        case .zeroedSector: file.overwriteAtRest(sectorAt: offset) { _ in 0 }
        case .garbledSector:
            file.overwriteAtRest(sectorAt: offset) { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
        case .misdirectedSector:
            let source = random.below(file.size) / SimulatedFile.sectorBytes
            let stray = file.read(
                at: source * SimulatedFile.sectorBytes,
                count: SimulatedFile.sectorBytes
            )
            file.overwriteAtRest(sectorAt: offset) { $0 < stray.count ? stray[$0] : 0 }
        case .unreadableSector: file.becomeUnreadable(sectorAt: offset)
        case .truncatedFile: file.truncateAtRest(to: offset)
        case .lostFile:
            names.unlink(path)
            durableNames.unlink(path)
        }
        return offset
    }

    /// Changes one bit of one file while nobody looks; says where, nil if there is no such file.
    func rot(_ path: String, in range: Range<Int>) -> Int? {
        guard let file = names.file(at: path), !range.isEmpty else { return nil }
        let offset = range.lowerBound + random.below(range.count)
        file.rot(at: offset, bit: random.below(8))
        return offset
    }

    /// The drive puts zeros in the place of sectors that cannot be read; whether there were any.
    func giveUpUnreadable() -> Bool {
        var hasAny = false
        for entry in names.entries where entry.file.giveUpUnreadable() { hasAny = true }
        if hasAny { restart() }
        return hasAny
    }

    /// All that is durable now.
    func image() -> DiskImage {
        DiskImage(files: durableNames.entries.map { ($0.path, $0.file.durable) })
    }

    /// Becomes what it was, or empty; while the node is down.
    func replace(with image: DiskImage) {
        names = NameTable()
        directories = []
        for file in image.files { names.link(file.path, to: SimulatedFile(holding: file.content)) }
        durableNames = names
        restart()
    }

    func file(at path: String) -> SimulatedFile? { names.file(at: path) }

    var files: [(path: String, size: Int)] { names.entries.map { ($0.path, $0.file.size) } }

    private func apply(_ change: NameChange) {
        switch change {
        case .link(let path, let file): durableNames.link(path, to: file)
        case .unlink(let path): durableNames.unlink(path)
        case .rename(let source, let target):
            if let file = durableNames.unlink(source) { durableNames.link(target, to: file) }
        }
    }

    private func note(_ change: NameChange, in path: String) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        directories[place(ofDirectory: directory)].unsynced.append(change)
    }

    private func place(ofDirectory path: String) -> Int {
        if let place = directories.firstIndex(where: { $0.path == path }) { return place }
        directories.append(Directory(path: path))
        return directories.count - 1
    }

    private func find(_ file: FileID) throws(DiskError) -> OpenFile {
        guard let open = openFiles.first(where: { $0.id == file.number }) else {
            throw .failed(path: "#\(file.number)", reason: "not open")
        }
        try checkPower(open.path)
        return open
    }

    private func findWritable(_ file: FileID) throws(DiskError) -> OpenFile {
        let open = try find(file)
        guard open.isWritable else { throw .failed(path: open.path, reason: "opened for reading") }
        return open
    }

    private func isOutOfSpace(for growth: Int) -> Bool {
        guard let capacity = faults.capacity, growth > 0 else { return false }
        return usedBytes + growth > capacity
    }

    private func checkSpace(_ path: String, for growth: Int) throws(DiskError) {
        if isOutOfSpace(for: growth) { throw .full(path: path) }
    }

    private func checkPower(_ path: String) throws(DiskError) {
        if isOff { throw .failed(path: path, reason: "the power is off") }
    }

    /// Before each change: the moment at which the power may fail, and at which there may be no space.
    private func change(_ path: String, _ operation: DiskOperation) throws(DiskError) {
        try checkPower(path)
        try reach(operation, path, isAfter: false)
        if let left = changesUntilPowerFails {
            changesUntilPowerFails = left - 1
            guard left > 0 else { throw fail(path) }
        }
        guard !faults.isReadOnly else {
            throw .failed(path: path, reason: "read-only file system")
        }
        // What was deleted needs no space; writes into files that have theirs neither.
        guard operation != .delete, operation != .write,
            random.happens(permille: faults.fullPermille)
        else { return }
        throw .full(path: path)
    }

    private func fail(_ path: String) -> DiskError {
        isOff = true
        return .failed(path: path, reason: "the power fails")
    }

    private func reach(
        _ operation: DiskOperation,
        _ path: String,
        isAfter: Bool
    ) throws(DiskError) {
        guard let armed, armed.isAfter == isAfter,
            FaultPoint(operation, path) == armed.point
        else { return }
        struck = armed
        self.armed = nil
        throw fail(path)
    }
}

/// What changes a disk.
enum DiskOperation {
    case create, write, fill, truncate, sync, syncFolder, rename, delete
}

extension FaultPoint {
    /// The name of what is done to a file, if it has one.
    fileprivate init?(_ operation: DiskOperation, _ path: String) {
        let isJournal = path.hasPrefix("journal")
        switch operation {
        case .write: self = isJournal ? .batchWritten : .snapshotWritten
        case .sync: self = isJournal ? .journalSynced : .snapshotSynced
        case .fill: self = .journalFileFilled
        case .rename where path.contains("/spare-"): self = .journalFileKept
        case .rename: self = isJournal ? .journalFileNamed : .snapshotNamed
        case .delete: self = isJournal ? .journalFileDeleted : .snapshotDeleted
        case .syncFolder: self = isJournal ? .journalFolderSynced : .snapshotFolderSynced
        case .create, .truncate: return nil
        }
    }
}

/// The durable content of a disk at some moment.
struct DiskImage {
    var files: [(path: String, content: [UInt8])] = []
}
