internal import Bytes
public import Environment
public import Model

// Journal: the log of all groups of a shard, and the snapshots that let it be forgotten.
//
// The journal is a row of files. A file is zero-filled before it is used, so that a sync has only
// data to write; when all its entries are covered by snapshots it is used again under a new number.
// It begins with a header; then batches follow, each at the next multiple of 64 bytes:
//
//     file    MRTLJRNL · format: UInt32 · 0: UInt32 · number, salt, size: UInt64
//             · CRC-32C: UInt32                                                               64 bytes
//     batch   magic: UInt32 · CRC of the header: UInt32 · file, number, synced, oldest file: UInt64
//             · previous, length of the body, CRC of the body, 0: UInt32                      56 bytes
//             body: records (see RecordCodec)
//
// A batch is written with one call; it counts whole or not at all. Batches are numbered without gaps
// over all files; each repeats the checksum of the one before, and says which was the last that was
// durable when it was written (`synced`). So recovery can tell two things apart:
//
// - a batch that is not whole, and that nothing says was durable: it was being written when the power
//   went. This torn tail was never acknowledged, and is dropped, with whatever stands behind it;
// - a batch that is not whole, although one behind it says that it was durable: acknowledged entries
//   are lost, and nothing is guessed: `JournalError.damaged`. (Alagappan et al., Protocol-Aware
//   Recovery for Consensus-Based Storage, FAST '18, tell the two apart in this way.)
//
// A journal whose group has peers is opened all the same (`Journal+Damage`): its logs end before the
// damage, and its groups are `isDamaged` until a batch says that they are whole again.
//
// Of the very last batches nothing on disk says that they were durable, until `seal` does.
//
// A failed sync is the end: pages may be marked clean although they never reached the disk, so a
// second sync says nothing (Rebello et al., Can Applications Recover from fsync Failures?, ATC '20).
//
// Every new file begins with a batch that repeats each group's state and mark, so that older files
// hold nothing but entries.

/// The log of all groups of one shard; for one thread.
public final class Journal<Storage: Disk> {
    let disk: Storage
    let directory: String
    let settings: JournalSettings
    var files: [JournalFile] = []
    var spares: [String] = []

    /// Made ready to be rolled to.
    var next: JournalFile?

    /// Is being made ready, to be `next`.
    var preparation: Preparation?

    /// Whether there was no space to prepare a file: until it is needed none is tried again.
    private var isSpaceShort = false
    var nextFileNumber: UInt64 = 1
    var nextBatchNumber: UInt64 = 1

    /// The number of the last batch that is durable, and the checksum of the last that is written.
    var syncedBatchNumber: UInt64 = 0
    var previousChecksum: UInt32 = 0

    /// What each group's state and mark are now, for the head of the next file.
    var states: [GroupID: JournalState] = [:]
    var marks: [GroupID: JournalMark] = [:]
    /// Up to where each group's entries are covered, as far as that is durable.
    ///
    /// Empty after a start: the snapshot that a mark speaks of may turn out to be damaged, so whoever
    /// has read it says again what may go.
    var released: [GroupID: LogIndex] = [:]
    /// Groups that are no more, of which files still hold entries.
    var dropped: Set<GroupID> = []

    /// The oldest file that holds something needed, if it is known to be behind the first.
    private var oldestNeeded: UInt64 = 0

    /// Bytes of batches written since it was opened.
    public private(set) var writtenByteCount: UInt64 = 0

    /// Groups that are to be repaired from their peers, for the head of the next file.
    var damagedGroups: Set<GroupID> = []

    /// What was found damaged when it was opened, repaired since or not; the node told, and went on
    /// without what is lost (`JournalSettings.isRepairable`).
    public internal(set) var damages: [JournalError] = []

    /// The last batch that held something of each group, or a broken link; for the links to come.
    var lastBatches: [GroupID: UInt64] = [:]

    /// Whether a group that is not among `lastBatches` may have had something in lost batches.
    var mayLackGroups = false

    /// Files whose header is damaged.
    var unreadable: [String] = []

    private var death: JournalError?

    /// Whether the last batch is a seal.
    private var isSealed = false

    init(disk: Storage, directory: String, settings: JournalSettings) {
        self.disk = disk
        self.directory = directory
        self.settings = settings
    }

    public var fileCount: Int { files.count }

    /// The number of the last batch that is durable; what was recovered, at first.
    public var durableBatchNumber: UInt64 { syncedBatchNumber }

    public var byteCount: Int { files.reduce(0) { $0 + $1.size } }

    /// The groups whose entries keep the oldest file; empty if it is the only one.
    public var oldestPinning: [GroupID] {
        guard files.count > 1, let oldest = files.first else { return [] }
        return oldest.lastIndexes.filter { $0.value > released[$0.key] ?? .zero }.keys.sorted()
    }

    /// Writes a batch behind the last; durable only after `sync`.
    ///
    /// If the disk is full nothing of it counts, and it may be tried again.
    public func append(_ batch: JournalBatch) throws(JournalError) {
        try checkAlive()
        try write(whole: RecordCodec.encode(batch))
        note(batch)
    }

    /// Finds a place for the batch, behind a file's head, and writes it.
    private func write(whole encoded: EncodedBatch) throws(JournalError) {
        let length = BatchHeader.byteCount + encoded.byteCount
        if let file = files.last, file.position + headLength(of: file) + length > file.size {
            try roll(toHold: length)
        }
        if files.isEmpty { try roll(toHold: length) }
        try writeHeadIfNew()
        try write(encoded)
    }

    /// Makes all that was appended durable.
    ///
    /// If it fails the journal is dead: what the file holds is unknown, and a second sync that
    /// succeeds would say nothing of it.
    public func sync() throws(JournalError) {
        try checkAlive()
        #if MARTLET_MUTANTS
        if settings.mutant == .acknowledgesWithoutSync { return }
        if settings.mutant == .retriesFailedSync {
            do throws(DiskError) {
                if let file = files.last { try disk.sync(file.id) }
            } catch {
                return
            }
            return
        }
        #endif
        guard let file = files.last, syncedBatchNumber + 1 < nextBatchNumber else { return }
        try mortal { (disk) throws(DiskError) in try disk.sync(file.id) }
        syncedBatchNumber = nextBatchNumber - 1
    }

    /// Says on disk that all batches so far are durable, by one behind them that holds only links.
    ///
    /// Every batch says so of those before it; after a while without any, this makes damage to the
    /// last ones known as damage, and which groups it did not touch. It needs no sync: lost, it takes nothing with it.
    public func seal() throws(JournalError) {
        try checkAlive()
        guard !isSealed, nextBatchNumber > 1, syncedBatchNumber + 1 == nextBatchNumber else {
            return
        }
        let isCounted = lastBatches.count <= Limits.censusGroupsMax
        try write(whole: RecordCodec.census(of: isCounted ? lastBatches.keys.sorted() : []))
        isSealed = true
    }

    /// Everything of the group up to `index` is in a durable snapshot, and the mark that says so has
    /// been synced: files that hold nothing else are used again.
    public func release(_ group: GroupID, upTo index: LogIndex) throws(JournalError) {
        try checkAlive()
        released[group] = max(released[group] ?? .zero, index)
        try dropFiles()
    }

    /// Lets the oldest files go that nothing holds back.
    ///
    /// First it is made durable which file is needed from now on: a file that is missing for another
    /// reason is then known as lost.
    private func dropFiles() throws(JournalError) {
        let count = files.dropLast().prefix { !isPinned($0) }.count
        guard count > 0 else { return }
        do throws(JournalError) {
            oldestNeeded = files[count].header.number
            try write(whole: RecordCodec.encode(JournalBatch()))
        } catch .full {
            // It stays as it is until the next release; there may be space by then.
            return
        }
        try sync()
        for _ in 0..<count { try retire(files.removeFirst()) }
        if !dropped.isEmpty { forgetDropped() }
    }

    private func isPinned(_ file: JournalFile) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .releasesTooEarly { return false }
        #endif
        return file.lastIndexes.contains { $0.value > released[$0.key] ?? .zero }
    }

    /// Works on the file that will be rolled to, a few milliseconds at a time; for whenever nobody
    /// waits.
    public func prepareNextFile() throws(JournalError) {
        try checkAlive()
        guard next == nil, !isSpaceShort, let file = files.last, file.position > file.size / 4
        else { return }
        do throws(JournalError) {
            try advancePreparation()
        } catch .full(let path) {
            isSpaceShort = true
            throw .full(path: path)
        }
    }

    private func write(_ unlinked: EncodedBatch) throws(JournalError) {
        let encoded = RecordCodec.link(unlinked) {
            lastBatches[$0] ?? (mayLackGroups ? Limits.brokenLink : 0)
        }
        let place = files.count - 1
        let file = files[place]
        let header = BatchHeader(
            file: file.header.number,
            number: nextBatchNumber,
            synced: syncedBatchNumber,
            oldestFile: max(oldestNeeded, files[0].header.number),
            previous: previousChecksum,
            length: encoded.byteCount,
            bodyChecksum: encoded.checksum(from: file.seed)
        )
        let head = header.encoded(from: file.seed)
        do throws(DiskError) {
            try disk.write(file.id, at: file.position, [head.bytes] + encoded.slices)
        } catch .full(let path) {
            throw .full(path: path)
        } catch {
            throw die(error)
        }
        for group in encoded.groups { lastBatches[group] = nextBatchNumber }
        let byteCount = BatchHeader.byteCount + encoded.byteCount
        files[place].note(batch: nextBatchNumber, byteCount: byteCount)
        nextBatchNumber += 1
        previousChecksum = head.checksum
        writtenByteCount += UInt64(byteCount)
        isSealed = false
    }

    /// A file's first batch repeats every group's state and mark.
    ///
    /// Also after a crash that left a
    /// file behind with nothing in it, or older files could not go.
    private func writeHeadIfNew() throws(JournalError) {
        guard let file = files.last, file.position == FileHeader.byteCount else { return }
        let carried = carriedBatch
        if carried.byteCount > 0 { try write(carried) }
    }

    /// Goes on in a new file.
    ///
    /// The one before is durable by then: later syncs are of the new one, and
    /// no batch may be durable before those it follows.
    private func roll(toHold length: Int) throws(JournalError) {
        if !files.isEmpty { try sync() }
        let needed =
            FileHeader.byteCount + BatchHeader.aligned(length)
            + BatchHeader.aligned(BatchHeader.byteCount + carriedBatch.byteCount)
        files.append(try makeFile(toHold: needed))
        isSpaceShort = false
    }

    /// As large as it should be, or, where there is no space for that, as small as it may be: the
    /// last megabytes of a disk are used, too.
    private func makeFile(toHold needed: Int) throws(JournalError) -> JournalFile {
        let wanted = max(nextFileBytes, needed)
        let least = max(min(Limits.firstFileBytes, settings.fileBytes), needed)
        do throws(JournalError) {
            return try makeNextFile(size: wanted)
        } catch .full(let path) where isFullDiskFatal {
            throw die(.failed(path: path, reason: "no space left"))
        } catch .full where least < wanted {
            return try makeNextFile(size: least)
        }
    }

    private var isFullDiskFatal: Bool {
        #if MARTLET_MUTANTS
        settings.mutant == .fullDiskIsFatal
        #else
        false
        #endif
    }

    /// Files grow from a small first one, so that a small disk is not filled by an empty file.
    var nextFileBytes: Int {
        min(settings.fileBytes, max(Limits.firstFileBytes, 2 * (files.last?.size ?? 0)))
    }

    private func headLength(of file: JournalFile) -> Int {
        guard file.position == FileHeader.byteCount else { return 0 }
        return BatchHeader.aligned(BatchHeader.byteCount + carriedBatch.byteCount)
    }

    private var carriedBatch: EncodedBatch {
        var batch = JournalBatch()
        batch.states = states.sorted { $0.key < $1.key }
            .map { JournalGroupState(group: $0.key, state: $0.value) }
        batch.marks = marks.values.sorted { $0.group < $1.group }
        batch.standings = damagedGroups.sorted().map {
            JournalStanding(group: $0, isWhole: false)
        }
        #if MARTLET_MUTANTS
        if settings.mutant == .stateForgottenAtRoll { batch.states = [] }
        if settings.mutant == .damageForgottenAtRoll { batch.standings = [] }
        #endif
        return RecordCodec.encode(batch)
    }

    private func note(_ batch: JournalBatch) {
        for change in batch.states { states[change.group] = change.state }
        for mark in batch.marks { marks[mark.group] = mark }
        for cut in batch.cuts { note(cut) }
        for standing in batch.standings {
            if standing.isWhole {
                damagedGroups.remove(standing.group)
            } else {
                damagedGroups.insert(standing.group)
            }
        }
        guard var first = batch.entries.first?.index else { return }
        // Entries of one group usually stand together: only the ends of each row are looked up.
        for position in batch.entries.indices {
            let group = batch.entries[position].group
            let next = position + 1
            if next < batch.entries.count, batch.entries[next].group == group,
                batch.entries[next].index > batch.entries[position].index
            {
                continue
            }
            note(group, first...batch.entries[position].index, in: files.count - 1)
            if next < batch.entries.count { first = batch.entries[next].index }
        }
    }

    /// The file of a row of entries is needed for them, and none for what they replace.
    func note(_ group: GroupID, _ row: ClosedRange<LogIndex>, in place: Int) {
        let last = files[place].lastIndexes[group]
        files[place].lastIndexes[group] = row.upperBound
        if let last, row.lowerBound > last { return }
        for earlier in files.indices.prefix(place) {
            files[earlier].void(group, from: row.lowerBound)
        }
    }

    /// What was covered beyond the cut is not there any more.
    private func note(_ cut: JournalCut) {
        damagedGroups.insert(cut.group)
        for place in files.indices { files[place].void(cut.group, from: cut.index.next) }
        guard let mark = marks[cut.group], cut.index < mark.index else { return }
        marks[cut.group] = cut.mark
    }

    private func checkAlive() throws(JournalError) {
        if let death { throw death }
    }

    /// A failure after which nothing of the journal can be trusted.
    func die(_ error: DiskError) -> JournalError {
        let failure = JournalError.failed(error)
        death = failure
        return failure
    }

    func mortal<Value>(
        _ body: (Storage) throws(DiskError) -> Value
    ) throws(JournalError) -> Value {
        do throws(DiskError) {
            return try body(disk)
        } catch {
            throw die(error)
        }
    }
}
