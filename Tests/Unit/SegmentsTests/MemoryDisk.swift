import Bytes
import Environment

/// A disk in memory that forgets what was not synced when the power goes.
final class MemoryDisk: Disk {
    final class File {
        var bytes: [UInt8] = []
        var synced: [UInt8] = []
    }

    private(set) var files: [String: File] = [:]
    private var durable: [String: File] = [:]
    private var open: [Int: File] = [:]
    private var nextNumber = 0

    var capacity = Int.max
    var failsSyncs = false

    var openCount: Int { open.count }

    func list(_ directory: String) throws(DiskError) -> [String] {
        let prefix = directory + "/"
        return files.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            .sorted()
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
        open[nextNumber] = files[path]
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
        let used = files.values.reduce(0) { $0 + $1.bytes.count }
        let grown = max(0, offset + bytes.count - opened.bytes.count)
        // A full disk takes what still fits.
        let missing = max(0, used + grown - capacity)
        let taken = bytes.prefix(max(0, bytes.count - missing))
        if opened.bytes.count < offset + taken.count {
            opened.bytes += [UInt8](repeating: 0, count: offset + taken.count - opened.bytes.count)
        }
        opened.bytes.replaceSubrange(offset..<offset + taken.count, with: taken)
        if missing > 0 { throw .full(path: "disk") }
    }

    func zeroFill(_ file: FileID, to size: Int) throws(DiskError) {
        try write(file, at: size - 1, [ByteSlice([0])])
    }

    func truncate(_ file: FileID, to size: Int) throws(DiskError) {
        let opened = try opened(file)
        opened.bytes = Array(opened.bytes.prefix(size))
    }

    func sync(_ file: FileID) throws(DiskError) {
        let opened = try opened(file)
        guard !failsSyncs else { throw .failed(path: "a file", reason: "input/output error") }
        opened.synced = opened.bytes
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        guard !failsSyncs else { throw .failed(path: path, reason: "input/output error") }
        durable = files
    }

    func rename(_ source: String, to target: String) throws(DiskError) {
        guard let file = files.removeValue(forKey: source) else { throw .notFound(path: source) }
        files[target] = file
    }

    func delete(_ path: String) throws(DiskError) {
        guard files.removeValue(forKey: path) != nil else { throw .notFound(path: path) }
    }

    /// The power goes; of what was not synced, the bytes that `keeps` names stay all the same.
    func crash(keeping keeps: () -> Bool) {
        open = [:]
        files = durable
        for path in files.keys.sorted() {
            guard let file = files[path] else { continue }
            var bytes = file.synced
            for (place, byte) in file.bytes.enumerated() {
                let isKept = keeps()
                if place >= bytes.count {
                    bytes.append(isKept ? byte : 0)
                } else if isKept {
                    bytes[place] = byte
                }
            }
            file.bytes = bytes
            file.synced = bytes
        }
    }

    func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
        guard let file = files[path] else { return }
        body(&file.bytes)
        file.synced = file.bytes
    }

    private func opened(_ file: FileID) throws(DiskError) -> File {
        guard let opened = open[file.number] else {
            throw .failed(path: "a closed file", reason: "it is not open")
        }
        return opened
    }
}
