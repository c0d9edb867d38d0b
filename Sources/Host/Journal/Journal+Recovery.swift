internal import Bytes
internal import Environment
internal import Model

extension Journal {
    /// Opens the journal in `directory`, which is made if need be, and says what it remembers.
    public static func open(
        on disk: Storage,
        in directory: String,
        settings: JournalSettings
    ) throws(JournalError) -> (journal: Journal<Storage>, recovered: [RecoveredGroup]) {
        let journal = Journal(disk: disk, directory: directory, settings: settings)
        let recovered = try journal.recover()
        return (journal, recovered)
    }

    private func recover() throws(JournalError) -> [RecoveredGroup] {
        try mortal { (disk) throws(DiskError) in try disk.makeDirectory(directory) }
        var groups = RecoveredGroups()
        var expected: UInt64?
        let found = try openFiles()
        for (place, file) in found.enumerated() {
            var file = file
            let isLast = place == found.count - 1
            try read(&file, expected: &expected, isLast: isLast, into: &groups)
            files.append(file)
        }
        nextFileNumber = (found.last?.number ?? 0) + 1
        nextBatchNumber = expected ?? 1
        let recovered = try groups.checked(in: directory)
        try makeDurable()
        for group in recovered {
            if let state = group.state {
                note(JournalGroupState(group: group.group, state: state))
            }
            if let mark = group.mark { note(mark) }
        }
        if files.isEmpty {
            files.append(try makeFile(size: min(settings.fileBytes, Limits.firstFileBytes)))
        }
        return recovered
    }

    /// A program that died, and not the machine, leaves in the disk's cache what was never synced.
    /// What is found there must not be believed, nor built on, before it is durable.
    private func makeDurable() throws(JournalError) {
        try mortal { (disk) throws(DiskError) in
            for file in files { try disk.sync(file.id) }
            try disk.syncDirectory(directory)
        }
    }

    /// The files by number; what a crash left unfinished goes.
    private func openFiles() throws(JournalError) -> [JournalFile] {
        var found: [JournalFile] = []
        let names = try mortal { (disk) throws(DiskError) in try disk.list(directory) }
        for name in names {
            if name.hasPrefix(Self.filePrefix) {
                found.append(try openFile(name))
            } else if name.hasPrefix(Self.sparePrefix) {
                spares.append(name)
            } else if name.hasPrefix(Self.unfinishedPrefix) {
                try mortal { (disk) throws(DiskError) in try disk.delete(path(name)) }
            }
        }
        return found.sorted { $0.number < $1.number }
    }

    private func openFile(_ name: String) throws(JournalError) -> JournalFile {
        let (id, size, head) = try mortal {
            (disk) throws(DiskError) -> (FileID, Int, ByteSlice) in
            let id = try disk.open(path(name), .readWrite)
            let head = try disk.read(id, at: 0, count: FileHeader.byteCount)
            return (id, try disk.size(of: id), ByteSlice(head))
        }
        switch FileHeader.read(head) {
        case .header(let header) where name == Self.filePrefix + Self.padded(header.number):
            return JournalFile(
                id: id,
                name: name,
                number: header.number,
                size: size,
                position: FileHeader.byteCount
            )
        case .newer(let format):
            disk.close(id)
            throw .newerFormat(path: path(name), found: format, supported: FileHeader.format)
        case .header, .none:
            disk.close(id)
            throw .damaged(path: path(name), offset: 0, reason: "the file's header")
        }
    }

    /// Reads a file's batches until one is not whole, and judges why.
    private func read(
        _ file: inout JournalFile,
        expected: inout UInt64?,
        isLast: Bool,
        into groups: inout RecoveredGroups
    ) throws(JournalError) {
        let (id, size) = (file.id, file.size)
        let bytes = ByteSlice(
            try mortal { (disk) throws(DiskError) in try disk.read(id, at: 0, count: size) }
        )
        let scanner = BatchScanner(bytes: bytes, file: file.number, settings: settings)
        var isFirst = true
        while let (header, body) = scanner.batch(at: file.position) {
            guard expected == nil || header.batch == expected else {
                if isFirst, header.batch > expected ?? 0 {
                    throw .damaged(
                        path: path(file.name),
                        offset: file.position,
                        reason: "batches \(expected ?? 0) to \(header.batch - 1) are missing"
                    )
                }
                break
            }
            isFirst = false
            guard let batch = try? RecordCodec.decode(body) else {
                throw .damaged(
                    path: path(file.name),
                    offset: file.position,
                    reason: "a whole batch of records that are none"
                )
            }
            for entry in batch.entries { file.note(entry.group, entry.index) }
            do throws(RecoveryGap) {
                try groups.apply(batch)
            } catch {
                throw .damaged(
                    path: path(file.name),
                    offset: file.position,
                    reason: error.description
                )
            }
            expected = header.batch + 1
            file.position = BatchHeader.aligned(
                file.position + BatchHeader.byteCount + header.length
            )
        }
        guard let later = scanner.laterBatch(than: expected, from: file.position) else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .truncatesAtAnyDamage { return }
        #endif
        throw .damaged(
            path: path(file.name),
            offset: file.position,
            reason: "batch \(expected ?? 0), although batch \(later) behind it is whole"
        )
    }
}

/// Looks for batches in a file's bytes.
struct BatchScanner {
    let bytes: ByteSlice
    let file: UInt64
    let settings: JournalSettings

    /// The whole batch at `position`; nil if there is none, or not all of it.
    func batch(at position: Int) -> (header: BatchHeader, body: ByteSlice)? {
        guard position + BatchHeader.byteCount <= bytes.count,
            let header = BatchHeader(
                bytes[position..<position + BatchHeader.byteCount],
                in: file
            )
        else { return nil }
        let start = position + BatchHeader.byteCount
        guard header.length <= bytes.count - start else { return nil }
        let body = bytes[start..<start + header.length]
        #if MARTLET_MUTANTS
        if settings.mutant == .bodyNotChecked { return (header, body) }
        #endif
        guard CRC32C.of(body) == header.checksum else { return nil }
        return (header, body)
    }

    /// The number of a whole batch behind `position` that follows `expected`: what stands before it
    /// had been synced when it was begun.
    func laterBatch(than expected: UInt64?, from position: Int) -> UInt64? {
        var position = BatchHeader.aligned(position)
        while position + BatchHeader.byteCount <= bytes.count {
            if let (header, _) = batch(at: position), header.batch > expected ?? 0 {
                return header.batch
            }
            position += BatchHeader.alignment
        }
        return nil
    }
}
