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

    /// Where in it batches stand that were written or read whole; between them is damage that was told.
    private(set) var stretches: [BatchStretch] = []

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

    /// What it has of the group from `index` on has been replaced, or cut off.
    mutating func void(_ group: GroupID, from index: LogIndex) {
        guard let last = lastIndexes[group], last >= index else { return }
        lastIndexes[group] = LogIndex(max(index.number, 1) - 1)
    }

    /// A batch stands at `position`, and the next goes behind it.
    mutating func note(batch number: UInt64, byteCount: Int) {
        let end = BatchHeader.aligned(position + byteCount)
        if let last = stretches.indices.last, stretches[last].end == position {
            stretches[last].end = end
        } else {
            stretches.append(BatchStretch(start: position, end: end, firstBatch: number))
        }
        position = end
    }
}

/// A file on its way to be the journal's next.
struct Preparation {
    var id: FileID
    var name: String
    var header: FileHeader

    /// How far it is filled with zeros.
    var filled: Int
}

extension Journal {
    static var filePrefix: String { "journal-" }
    static var sparePrefix: String { "spare-" }
    static var unfinishedPrefix: String { "unfinished-" }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The next file, of at least `size` bytes, however long it takes.
    func makeNextFile(size: Int) throws(JournalError) -> JournalFile {
        if let file = next, file.size < size { try unmake(file) }
        if let unfinished = preparation, unfinished.header.size < size { try discard(unfinished) }
        if next == nil, preparation == nil {
            preparation = try attempt { (disk) throws(DiskError) in try begin(size: size) }
        }
        while true {
            if let file = next {
                next = nil
                return file
            }
            try advancePreparation()
        }
    }

    /// Fills a part of the next file, or gives it its name.
    ///
    /// It gets its name when its header is durable. So a file under its name always has one, and one
    /// without is damaged, however new it is.
    func advancePreparation() throws(JournalError) {
        var file: Preparation
        if let preparation {
            file = preparation
        } else {
            file = try attempt { (disk) throws(DiskError) in try begin(size: nextFileBytes) }
        }
        preparation = file
        try attempt { (disk) throws(DiskError) in
            if file.filled < file.header.size {
                file.filled = min(file.filled + Limits.bytesFilledAtOnce, file.header.size)
                try disk.zeroFill(file.id, to: file.filled)
                try disk.sync(file.id)
            }
            preparation = file
            guard file.filled == file.header.size else { return }
            next = try finish(file)
            preparation = nil
        }
    }

    /// A spare of the right size, or an empty file.
    private func begin(size: Int) throws(DiskError) -> Preparation {
        let header = FileHeader(
            number: nextFileNumber,
            salt: settings.salt,
            size: size
        )
        let name = Self.unfinishedPrefix + Self.padded(nextFileNumber)
        while size == settings.fileBytes, let spare = spares.last {
            try disk.rename(path(spare), to: path(name))
            spares.removeLast()
            let id = try disk.open(path(name), .readWrite)
            if try disk.size(of: id) == header.size {
                return Preparation(id: id, name: name, header: header, filled: header.size)
            }
            // Of a journal with other settings.
            disk.close(id)
            try disk.delete(path(name))
        }
        let id = try disk.open(path(name), .create)
        return Preparation(id: id, name: name, header: header, filled: 0)
    }

    private func finish(_ file: Preparation) throws(DiskError) -> JournalFile {
        try disk.write(file.id, at: 0, [file.header.encoded])
        try disk.sync(file.id)
        let name = Self.filePrefix + Self.padded(file.header.number)
        try disk.rename(path(file.name), to: path(name))
        try disk.syncDirectory(directory)
        nextFileNumber = file.header.number + 1
        return JournalFile(id: file.id, name: name, header: file.header, size: file.header.size)
    }

    /// If the disk is full, what was begun goes, so that its space is free.
    private func attempt<Value>(
        _ body: (Storage) throws(DiskError) -> Value
    ) throws(JournalError) -> Value {
        do throws(DiskError) {
            return try body(disk)
        } catch .full(let path) {
            if let preparation { try discard(preparation) }
            throw .full(path: path)
        } catch {
            throw die(error)
        }
    }

    private func discard(_ file: Preparation) throws(JournalError) {
        preparation = nil
        disk.close(file.id)
        try mortal { (disk) throws(DiskError) in try disk.delete(path(file.name)) }
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
