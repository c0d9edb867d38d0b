import Bytes
import Environment
import Journal
import Model

/// Journals as the real code writes them, damaged as the input says, and opened again.
extension FuzzTarget {
    static func journalImageSamples() -> [ByteSlice] {
        let batch: [UInt8] = [0, 1, 1, 2, 8, 0, 2]
        return [
            ByteSlice(batch), ByteSlice(batch + batch + [1, 0, 200, 7]),
            ByteSlice(batch + [2, 1] + batch + [3, 0, 90, 5, 1, 2, 3, 4, 5]),
            ByteSlice(batch + batch + [4, 0, 1, 44] + batch),
        ]
    }

    static func journalImage(_ input: ByteSlice, _ run: FuzzRun) {
        let disk = FuzzDisk()
        var choices = Choices(input)
        var settings = JournalSettings()
        settings.fileBytes = 2_048
        settings.salt = 7
        do throws(JournalError) {
            let (journal, _) = try Journal.open(on: disk, in: "j", settings: settings)
            var story = JournalStory(journal: journal, disk: disk)
            while !choices.isAtEnd { try story.go(on: &choices) }
        } catch {
            return run.expect(false, "a healthy disk, and \(error)")
        }
        disk.closeAll()
        let first = reopened(disk, settings)
        let second = reopened(disk, settings)
        // A journal that opened is one that opens, with the same content.
        if let first { run.expect(second == first, "recovered in two ways") }
    }

    private static func reopened(
        _ disk: FuzzDisk,
        _ settings: JournalSettings
    ) -> [RecoveredGroup]? {
        defer { disk.closeAll() }
        return try? Journal.open(on: disk, in: "j", settings: settings).recovered
    }
}

/// What is written, and how it is damaged, choice by choice.
private struct JournalStory {
    let journal: Journal<FuzzDisk>
    let disk: FuzzDisk
    private var index: UInt64 = 0

    init(journal: Journal<FuzzDisk>, disk: FuzzDisk) {
        self.journal = journal
        self.disk = disk
    }

    /// How much a story may write: long ones find nothing new.
    private static let indexMax: UInt64 = 64

    mutating func go(on choices: inout Choices) throws(JournalError) {
        switch choices.byte() % 6 {
        case 0: try write(&choices)
        case 1: disk.change(choices.number(below: .max), choices.byte())
        case 2: try journal.release(GroupID(1), upTo: LogIndex(UInt64(choices.byte())))
        case 3: disk.overwrite(at: choices.number(below: .max), with: choices.shortSlice())
        case 4: disk.cut(to: choices.number(below: .max))
        default: disk.choose(Int(choices.byte()))
        }
    }

    private mutating func write(_ choices: inout Choices) throws(JournalError) {
        guard index < Self.indexMax else { return }
        var batch = JournalBatch()
        let group = GroupID(1)
        let term = Term(UInt64(choices.byte() % 4) + 1)
        if choices.byte() & 1 == 1 {
            let state = JournalState(term: term, votedFor: 1, commitIndex: LogIndex(index))
            batch.states = [JournalGroupState(group: group, state: state)]
        }
        for _ in 0..<choices.byte() % 4 {
            index += 1
            let payload = choices.shortSlice()
            batch.entries.append(
                JournalEntry(
                    group: group,
                    index: LogIndex(index),
                    term: term,
                    kind: 1,
                    payload: payload
                )
            )
        }
        guard !batch.isEmpty else { return }
        try journal.append(batch)
        try journal.sync()
    }
}

/// Files in memory whose bytes the input may change.
private final class FuzzDisk: Disk {
    private final class File {
        var path: String
        var bytes: [UInt8] = []

        init(_ path: String) { self.path = path }
    }

    private var files: [File] = []
    private var open: [Int: File] = [:]
    private var lastNumber = 0

    /// The file that is damaged next.
    private var chosen = 0

    func closeAll() { open = [:] }

    func choose(_ number: Int) { chosen = number }

    private var damaged: File? { files.isEmpty ? nil : files[chosen % files.count] }

    func change(_ place: Int, _ byte: UInt8) {
        guard let file = damaged, !file.bytes.isEmpty else { return }
        file.bytes[place % file.bytes.count] ^= byte
    }

    func overwrite(at place: Int, with bytes: ByteSlice) {
        guard let file = damaged else { return }
        for (offset, byte) in bytes.array.enumerated() where place + offset < file.bytes.count {
            file.bytes[place + offset] = byte
        }
    }

    func cut(to count: Int) {
        guard let file = damaged else { return }
        file.bytes = Array(file.bytes.prefix(count))
    }

    func list(_ directory: String) throws(DiskError) -> [String] {
        files.map(\.path).filter { $0.hasPrefix(directory + "/") }
            .map { String($0.dropFirst(directory.count + 1)) }.sorted()
    }

    func makeDirectory(_ path: String) throws(DiskError) {}

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> FileID {
        let found = files.first { $0.path == path }
        let file: File
        switch (mode, found) {
        case (.create, nil):
            file = File(path)
            files.append(file)
        case (.create, .some): throw .alreadyExists(path: path)
        case (.read, nil), (.readWrite, nil): throw .notFound(path: path)
        case (.read, let found?), (.readWrite, let found?): file = found
        }
        lastNumber += 1
        open[lastNumber] = file
        return FileID(lastNumber)
    }

    func close(_ file: FileID) { open[file.number] = nil }

    func size(of file: FileID) throws(DiskError) -> Int { try opened(file).bytes.count }

    func read(_ file: FileID, at offset: Int, count: Int) throws(DiskError) -> [UInt8] {
        let bytes = try opened(file).bytes
        let start = min(offset, bytes.count)
        return Array(bytes[start..<min(start + count, bytes.count)])
    }

    func write(_ file: FileID, at offset: Int, _ slices: [ByteSlice]) throws(DiskError) {
        let file = try opened(file)
        let bytes = ByteSlice.joined(slices).array
        grow(file, to: offset + bytes.count)
        file.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func zeroFill(_ file: FileID, to size: Int) throws(DiskError) {
        grow(try opened(file), to: size)
    }

    func truncate(_ file: FileID, to size: Int) throws(DiskError) {
        let file = try opened(file)
        file.bytes = Array(file.bytes.prefix(size))
    }

    func sync(_ file: FileID) throws(DiskError) {}
    func syncDirectory(_ path: String) throws(DiskError) {}

    func rename(_ source: String, to target: String) throws(DiskError) {
        guard let file = files.first(where: { $0.path == source }) else {
            throw .notFound(path: source)
        }
        files.removeAll { $0.path == target }
        file.path = target
    }

    func delete(_ path: String) throws(DiskError) {
        guard let place = files.firstIndex(where: { $0.path == path }) else {
            throw .notFound(path: path)
        }
        files.remove(at: place)
    }

    private func opened(_ file: FileID) throws(DiskError) -> File {
        guard let file = open[file.number] else {
            throw .failed(path: "a closed file", reason: "it is not open")
        }
        return file
    }

    private func grow(_ file: File, to size: Int) {
        let missing = size - file.bytes.count
        if missing > 0 { file.bytes += [UInt8](repeating: 0, count: missing) }
    }
}
