import Bytes
import Environment

/// A disk in memory that forgets what was not synced when the power goes.
///
/// Small on purpose: an unsynced write is lost or kept whole, as `crash` is told; a name is durable
/// with its directory's sync.
final class MemoryDisk: Disk {
    final class File {
        var bytes: [UInt8] = []
        var synced: [UInt8] = []
    }

    private(set) var files: [String: File] = [:]
    private var durable: [String: File] = [:]
    private var open: [Int: (path: String, file: File)] = [:]
    private var nextNumber = 0

    /// The next calls that fail.
    var capacity = Int.max
    var failsSyncs = false

    /// The next sync fails, and what it should have written is clean in the cache but not on disk.
    var losesAtSync = false

    func list(_ directory: String) throws(DiskError) -> [String] {
        let prefix = directory + "/"
        let names = files.keys.filter { $0.hasPrefix(prefix) }.map { path in
            String(path.dropFirst(prefix.count).prefix { $0 != "/" })
        }
        return Set(names).sorted()
    }

    func makeDirectory(_ path: String) throws(DiskError) {}

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> FileID {
        switch (mode, files[path]) {
        case (.create, nil): files[path] = File()
        case (.create, .some): throw .alreadyExists(path: path)
        case (.read, nil), (.readWrite, nil): throw .notFound(path: path)
        case (.read, .some), (.readWrite, .some): break
        }
        nextNumber += 1
        if let file = files[path] { open[nextNumber] = (path, file) }
        return FileID(nextNumber)
    }

    func close(_ file: FileID) { open[file.number] = nil }

    func size(of file: FileID) throws(DiskError) -> Int { try opened(file).bytes.count }

    func read(_ file: FileID, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        let bytes = try opened(file).bytes
        return Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
    }

    func write(_ file: FileID, at offset: Int, _ slices: [ByteSlice]) throws(DiskError) {
        let opened = try opened(file)
        let bytes = slices.flatMap(\.array)
        try grow(opened, to: offset + bytes.count)
        opened.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func zeroFill(_ file: FileID, to size: Int) throws(DiskError) {
        try grow(try opened(file), to: size)
    }

    func truncate(_ file: FileID, to size: Int) throws(DiskError) {
        let opened = try opened(file)
        opened.bytes = Array(opened.bytes.prefix(size))
    }

    func sync(_ file: FileID) throws(DiskError) {
        let opened = try opened(file)
        if failsSyncs { throw .failed(path: "a file", reason: "input/output error") }
        if losesAtSync {
            losesAtSync = false
            throw .failed(path: "a file", reason: "input/output error")
        }
        opened.synced = opened.bytes
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        let prefix = path + "/"
        durable = durable.filter { !$0.key.hasPrefix(prefix) }
        for (path, file) in files where path.hasPrefix(prefix) { durable[path] = file }
    }

    func rename(_ source: String, to target: String) throws(DiskError) {
        guard let file = files.removeValue(forKey: source) else { throw .notFound(path: source) }
        files[target] = file
    }

    func delete(_ path: String) throws(DiskError) {
        guard files.removeValue(forKey: path) != nil else { throw .notFound(path: path) }
    }

    /// The power goes; of what was not synced, the bytes that `keeps` names stay all the same.
    func crash(keeping keeps: (Int) -> Bool = { _ in false }) {
        open = [:]
        files = durable
        for file in files.values {
            var bytes = file.synced
            if file.bytes.count > bytes.count {
                bytes += [UInt8](repeating: 0, count: file.bytes.count - bytes.count)
            }
            for place in file.bytes.indices where file.bytes[place] != bytes[place] && keeps(place)
            {
                bytes[place] = file.bytes[place]
            }
            file.bytes = bytes
            file.synced = bytes
        }
    }

    func flip(_ path: String, at offset: Int) {
        files[path]?.bytes[offset] ^= 0x10
        files[path]?.synced[offset] ^= 0x10
    }

    func restore(_ path: String, _ bytes: [UInt8]) {
        files[path]?.bytes = bytes
        files[path]?.synced = bytes
    }

    private func opened(_ file: FileID) throws(DiskError) -> File {
        guard let opened = open[file.number] else {
            throw .failed(path: "a closed file", reason: "it is not open")
        }
        return opened.file
    }

    private func grow(_ file: File, to size: Int) throws(DiskError) {
        guard size > file.bytes.count else { return }
        let used = files.values.reduce(0) { $0 + $1.bytes.count }
        guard used + size - file.bytes.count <= capacity else { throw .full(path: "disk") }
        file.bytes += [UInt8](repeating: 0, count: size - file.bytes.count)
    }
}
