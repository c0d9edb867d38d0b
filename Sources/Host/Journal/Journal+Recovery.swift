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
        files = try openFiles()
        let log = try readAll(into: &groups)
        nextFileNumber = max(nextFileNumber, (files.last?.header.number ?? 0) + 1)
        nextBatchNumber = log.last.number + 1
        if log.hasLostEnd { nextBatchNumber += Limits.batchNumbersSkipped }
        syncedBatchNumber = nextBatchNumber - 1
        previousChecksum = log.last.checksum
        let recovered = try groups.checked(in: directory, toleratesDamage: !damages.isEmpty)
        try makeDurable(log)
        groups.breakLinks()
        lastBatches = groups.lastBatches
        mayLackGroups = groups.mayLackGroups
        for group in recovered {
            states[group.group] = group.state
            marks[group.group] = group.mark
            if group.isDamaged { damagedGroups.insert(group.group) }
        }
        if log.hasLostEnd || files.last?.header.format != FileHeader.format { leaveLastFile() }
        if files.isEmpty {
            files.append(try makeNextFile(size: min(settings.fileBytes, Limits.firstFileBytes)))
        }
        return recovered
    }

    /// The next batch goes to a new file: behind the damage may stand what says that it is newer, and
    /// a file of an older format holds nothing that its version does not read.
    private func leaveLastFile() {
        guard let place = files.indices.last else { return }
        files[place].position = max(files[place].position, files[place].size)
    }

    /// A program that died, and not the machine, leaves in the disk's cache what was never synced.
    ///
    /// What is found there must not be believed, nor built on, before it is durable. If it died of a
    /// failed sync, the cache may take for clean what is not on the disk (ext4, XFS): so whatever
    /// nothing proves is written again, as it was read.
    private func makeDurable(_ log: ReadLog) throws(JournalError) {
        if !log.hasLostEnd { try eraseTornTail(from: log.lastPlace) }
        try mortal { (disk) throws(DiskError) in
            for place in files.indices {
                guard let start = log.last.unproven.first(where: { $0.file == place })?.position
                else { continue }
                let file = files[place]
                let count = min(file.position, file.size) - start
                guard count > 0 else { continue }
                let bytes = try disk.read(file.id, at: start, count: count)
                try disk.write(file.id, at: start, [ByteSlice(bytes)])
            }
            for file in files { try disk.sync(file.id) }
            try disk.syncDirectory(directory)
        }
    }

    /// What a crash left behind the log's end can follow no batch any more.
    ///
    /// A batch of the tail may be whole, and only the one before it lost. If that one were written once
    /// more, byte for byte, as a seal is, the tail would follow it again; and what has gone to
    /// the next file meanwhile would not.
    private func eraseTornTail(from place: Int) throws(JournalError) {
        let nothing = ByteSlice([UInt8](repeating: 0, count: BatchHeader.byteCount))
        for file in files.dropFirst(place) {
            for position in try scanner(of: file).headers(from: file.position) {
                try mortal { (disk) throws(DiskError) in
                    try disk.write(file.id, at: position, [nothing])
                }
            }
        }
    }

    /// The files by number; what a crash left unfinished goes.
    private func openFiles() throws(JournalError) -> [JournalFile] {
        var found: [JournalFile] = []
        let names = try mortal { (disk) throws(DiskError) in try disk.list(directory) }
        for name in names {
            if name.hasPrefix(Self.filePrefix) {
                if let file = try openFile(name) { found.append(file) }
            } else if name.hasPrefix(Self.sparePrefix) {
                spares.append(name)
            } else if name.hasPrefix(Self.unfinishedPrefix) {
                try mortal { (disk) throws(DiskError) in try disk.delete(path(name)) }
            }
        }
        return found.sorted { $0.header.number < $1.header.number }
    }

    /// Nil if its header is damaged, which was told then: without it nothing of the file is known.
    private func openFile(_ name: String) throws(JournalError) -> JournalFile? {
        let (id, size, head) = try mortal {
            (disk) throws(DiskError) -> (FileID, Int, ByteSlice) in
            let id = try disk.open(path(name), .readWrite)
            let head = try disk.read(id, at: 0, count: FileHeader.byteCount)
            return (id, try disk.size(of: id), ByteSlice(head))
        }
        switch FileHeader.read(head) {
        case .header(let header) where name == Self.filePrefix + Self.padded(header.number):
            if size < header.size {
                try tell(
                    .damaged(
                        path: path(name),
                        offset: size,
                        reason: "the file was cut off; it had \(header.size) bytes"
                    ),
                    closing: id
                )
            }
            return JournalFile(id: id, name: name, header: header, size: size)
        case .newer(let format):
            disk.close(id)
            throw .newerFormat(path: path(name), found: format, supported: FileHeader.format)
        case .header, .none:
            try tell(
                .damaged(path: path(name), offset: 0, reason: "the file's header"),
                closing: id
            )
            disk.close(id)
            nextFileNumber = max(nextFileNumber, Self.number(of: name) + 1)
            unreadable.append(name)
            return nil
        }
    }

    /// Notes damage that peers can repair; without peers it is an error.
    private func tell(_ damage: JournalError, closing id: FileID) throws(JournalError) {
        do throws(JournalError) { try tell(damage) } catch {
            disk.close(id)
            throw error
        }
    }

    /// Reads a file's batches until one is not whole or does not follow; the number of the first.
    func read(
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
                try groups.apply(
                    batch,
                    number: found.header.number,
                    checksLinks: checksLinks
                )
                for entry in batch.entries {
                    note(entry, in: place, isWhole: groups.isWhole(entry.group))
                }
            } catch {
                throw damage(place, position, error.description)
            }
            first = first ?? found.header.number
            last.number = found.header.number
            last.checksum = found.checksum
            last.oldestFile = found.header.oldestFile
            last.note(found.header, file: place, position: position)
            files[place].note(
                batch: found.header.number,
                byteCount: BatchHeader.byteCount + found.header.length
            )
        }
        return first
    }

    /// Of a damaged group it is not known what replaces what.
    private func note(_ entry: JournalEntry, in place: Int, isWhole: Bool) {
        if isWhole {
            note(entry.group, entry.index...entry.index, in: place)
        } else {
            files[place].note(entry.group, entry.index)
        }
    }

    private var checksLinks: Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .linksNotChecked { return false }
        #endif
        return true
    }

    private func decode(_ body: ByteSlice) throws(RecoveryGap) -> JournalBatch {
        do throws(DecodeError) {
            return try RecordCodec.decode(body)
        } catch {
            throw RecoveryGap(description: "a whole batch of records that are none: \(error)")
        }
    }

    func scanner(of file: JournalFile) throws(JournalError) -> BatchScanner {
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

    func damage(_ place: Int, _ position: Int, _ reason: String) -> JournalError {
        .damaged(path: path(files[place].name), offset: position, reason: reason)
    }
}
