internal import Bytes
internal import Environment
internal import Model

/// One file of the journal.
struct JournalFile {
    var id: FileID
    var name: String
    var header: FileHeader
    var size: Int

    /// What the checksums of its batches begin from.
    var seed: CRC32C

    /// Where the next batch goes.
    var position: Int

    /// The highest index of each group's entries in it.
    var lastIndexes: [GroupID: LogIndex] = [:]

    init(id: FileID, name: String, header: FileHeader, size: Int) {
        self.id = id
        self.name = name
        self.header = header
        self.size = size
        seed = header.seed
        position = FileHeader.byteCount
    }

    mutating func note(_ group: GroupID, _ index: LogIndex) {
        lastIndexes[group] = max(lastIndexes[group] ?? .zero, index)
    }
}

extension Journal {
    static var filePrefix: String { "journal-" }
    static var sparePrefix: String { "spare-" }
    static var unfinishedPrefix: String { "unfinished-" }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// A file with its header: a spare one if there is one large enough.
    ///
    /// It gets its name when its header is durable. So a file under its name always has one, and one
    /// without is damaged, however new it is.
    func makeFile(size: Int) throws(JournalError) -> JournalFile {
        let number = nextFileNumber
        let name = Self.filePrefix + Self.padded(number)
        let unfinished = Self.unfinishedPrefix + Self.padded(number)
        do throws(DiskError) {
            let (id, size) = try spareOrNew(name: unfinished, size: size)
            let header = FileHeader(number: number, salt: settings.salt, size: size)
            try disk.write(id, at: 0, [header.encoded])
            try disk.sync(id)
            try disk.rename(path(unfinished), to: path(name))
            try disk.syncDirectory(directory)
            nextFileNumber += 1
            return JournalFile(id: id, name: name, header: header, size: size)
        } catch .full(let path) {
            try discard(unfinished)
            throw .full(path: path)
        } catch {
            throw die(error)
        }
    }

    private func spareOrNew(
        name: String,
        size: Int
    ) throws(DiskError) -> (id: FileID, size: Int) {
        if size <= settings.fileBytes, let spare = spares.popLast() {
            try disk.rename(path(spare), to: path(name))
            let id = try disk.open(path(name), .readWrite)
            let spareSize = try disk.size(of: id)
            if spareSize >= size { return (id, spareSize) }
            try disk.zeroFill(id, to: size)
            return (id, size)
        }
        let id = try disk.open(path(name), .create)
        do throws(DiskError) {
            try disk.zeroFill(id, to: size)
        } catch {
            disk.close(id)
            throw error
        }
        return (id, size)
    }

    /// A file that could not be made whole goes, so that its space is free.
    private func discard(_ name: String) throws(JournalError) {
        do throws(DiskError) {
            try disk.delete(path(name))
        } catch .notFound {
            return
        } catch {
            throw die(error)
        }
    }

    /// Takes back a file that was made ready but is too small; its number is used again.
    func unmake(_ file: JournalFile) throws(JournalError) {
        disk.close(file.id)
        try mortal { (disk) throws(DiskError) in
            try disk.delete(path(file.name))
            try disk.syncDirectory(directory)
        }
        next = nil
        nextFileNumber = file.header.number
    }

    /// Keeps the file for later, or deletes it if enough are kept.
    func retire(_ file: JournalFile) throws(JournalError) {
        disk.close(file.id)
        try mortal { (disk) throws(DiskError) in
            if spares.count < settings.sparesMax, file.size == settings.fileBytes {
                let spare = Self.sparePrefix + Self.padded(file.header.number)
                try disk.rename(path(file.name), to: path(spare))
                spares.append(spare)
            } else {
                try disk.delete(path(file.name))
            }
            try disk.syncDirectory(directory)
        }
    }

    /// Sixteen hexadecimal digits, so that names sort as numbers.
    static func padded(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
