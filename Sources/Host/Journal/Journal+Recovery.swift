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
        var last = LastBatch()
        files = try openFiles()
        var start: (place: Int, batch: UInt64)?
        var end: (place: Int, position: Int)?
        for place in files.indices {
            let known = last.number
            guard let first = try read(place, &last, into: &groups) else { continue }
            if known == 0 { start = (place, first) }
            end = (place, files[place].position)
        }
        try checkEnd(after: end, last)
        try checkFiles(last)
        if let start { try checkStart(start.place, start.batch, last) }
        nextFileNumber = (files.last?.header.number ?? 0) + 1
        nextBatchNumber = last.number + 1
        syncedBatchNumber = last.number
        previousChecksum = last.checksum
        let recovered = try groups.checked(in: directory)
        try makeDurable()
        for group in recovered {
            states[group.group] = group.state
            marks[group.group] = group.mark
            released[group.group] = group.mark?.index
        }
        if files.isEmpty {
            files.append(try makeNextFile(size: min(settings.fileBytes, Limits.firstFileBytes)))
        }
        return recovered
    }

    /// A program that died, and not the machine, leaves in the disk's cache what was never synced.
    ///
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
        return found.sorted { $0.header.number < $1.header.number }
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
            guard size >= header.size else {
                disk.close(id)
                throw .damaged(
                    path: path(name),
                    offset: size,
                    reason: "the file was cut off; it had \(header.size) bytes"
                )
            }
            return JournalFile(id: id, name: name, header: header, size: size)
        case .newer(let format):
            disk.close(id)
            throw .newerFormat(path: path(name), found: format, supported: FileHeader.format)
        case .header, .none:
            disk.close(id)
            throw .damaged(path: path(name), offset: 0, reason: "the file's header")
        }
    }

    /// Reads a file's batches until one is not whole or does not follow; the number of the first.
    private func read(
        _ place: Int,
        _ last: inout LastBatch,
        into groups: inout RecoveredGroups
    ) throws(JournalError) -> UInt64? {
        let scanner = try scanner(of: files[place])
        var first: UInt64?
        while let found = scanner.batch(at: files[place].position, after: last) {
            let position = files[place].position
            do throws(RecoveryGap) {
                let batch = try decode(found.body)
                for entry in batch.entries { files[place].note(entry.group, entry.index) }
                try groups.apply(batch)
            } catch {
                throw damage(place, position, error.description)
            }
            first = first ?? found.header.number
            last = LastBatch(
                number: found.header.number,
                checksum: found.checksum,
                oldestFile: found.header.oldestFile
            )
            files[place].position = BatchHeader.aligned(
                position + BatchHeader.byteCount + found.header.length
            )
        }
        return first
    }

    private func decode(_ body: ByteSlice) throws(RecoveryGap) -> JournalBatch {
        do throws(DecodeError) {
            return try RecordCodec.decode(body)
        } catch {
            throw RecoveryGap(description: "a whole batch of records that are none: \(error)")
        }
    }

    /// Refuses an end of the log that a crash cannot have made: one behind which a batch says that
    /// more was durable.
    private func checkEnd(
        after end: (place: Int, position: Int)?,
        _ last: LastBatch
    ) throws(JournalError) {
        #if MARTLET_MUTANTS
        if settings.mutant == .truncatesAtAnyDamage { return }
        #endif
        for place in files.indices.dropFirst(end?.place ?? 0) {
            let scanner = try scanner(of: files[place])
            let start = files[place].position
            guard let later = scanner.batch(thatProvesMoreThan: last, from: start) else { continue }
            // The log breaks off where it was read to, or at the start of the file behind.
            let isInNext = end.map { $0.place < place && isBlank(at: $0) } ?? false
            let (damaged, position) = isInNext ? (place, start) : end ?? (place, start)
            throw damage(
                damaged,
                position,
                "batch \(last.number + 1), although batch \(later) says that it was durable"
            )
        }
    }

    /// Refuses a log whose beginning cannot be read: with nothing before it, the batch of any later
    /// file would be taken for the first.
    private func checkStart(
        _ place: Int,
        _ firstBatch: UInt64,
        _ last: LastBatch
    ) throws(JournalError) {
        guard firstBatch > 1, files[place].header.number > last.oldestFile,
            let unread = files.firstIndex(where: { $0.header.number >= last.oldestFile })
        else { return }
        throw damage(
            unread,
            files[unread].position,
            "the file is needed and its first batch is not whole; the log goes on with batch "
                + "\(firstBatch)"
        )
    }

    /// Refuses a journal in which a file is missing that was needed.
    private func checkFiles(_ last: LastBatch) throws(JournalError) {
        guard last.number > 0 else { return }
        var needed = last.oldestFile
        for file in files where file.header.number >= needed {
            guard file.header.number == needed else { break }
            needed += 1
        }
        guard let newest = files.last, needed <= newest.header.number else { return }
        throw .damaged(
            path: path(Self.filePrefix + Self.padded(needed)),
            offset: 0,
            reason: "the file is missing"
        )
    }

    /// Whether nothing was ever written where the log was read to, as far as a glance tells.
    private func isBlank(at end: (place: Int, position: Int)) -> Bool {
        let file = files[end.place]
        guard end.position < file.size else { return true }
        guard let bytes = try? disk.read(file.id, at: end.position, count: 8) else { return false }
        return bytes.allSatisfy { $0 == 0 }
    }

    private func scanner(of file: JournalFile) throws(JournalError) -> BatchScanner {
        let bytes = try mortal { (disk) throws(DiskError) in
            try disk.read(file.id, at: 0, count: file.size)
        }
        return BatchScanner(
            bytes: ByteSlice(bytes),
            file: file.header.number,
            seed: file.seed,
            settings: settings
        )
    }

    private func damage(_ place: Int, _ position: Int, _ reason: String) -> JournalError {
        .damaged(path: path(files[place].name), offset: position, reason: reason)
    }
}
