internal import Environment
internal import Model

// Damage: where the log breaks off though more was durable, and where it goes on.
//
// What stands behind damage is left aside, group by group, until a cut: it may follow entries that
// are lost, or have replaced some that are not. The next batch goes to a new file, so nothing that
// stands there is written over.
//
// (Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST '18, §3.3: a crash is
// told from corruption by what was persisted behind.)

/// The log as far as it was read.
struct ReadLog {
    var last = LastBatch()

    /// The file in which it ended; none behind it has a batch of it.
    var lastPlace = 0

    /// Whether it is damaged at its end, so that nothing says where it ended.
    var hasLostEnd = false
}

extension Journal {
    /// Reads all batches, over damage, too, if there are peers.
    func readAll(into groups: inout RecoveredGroups) throws(JournalError) -> ReadLog {
        var log = ReadLog()
        var start: (place: Int, batch: UInt64)?
        var end: (place: Int, position: Int)?
        var next: Int? = 0
        while let from = next {
            for place in files.indices.dropFirst(from) {
                let known = log.last.number
                guard let first = try read(place, &log.last, into: &groups) else { continue }
                if known == 0 { start = (place, first) }
                end = (place, files[place].position)
            }
            next = nil
            guard let damage = try damage(after: end, log.last) else { continue }
            try tell(damage)
            groups.suspend()
            next = try resume(behind: end, &log)
            log.hasLostEnd = next == nil
        }
        log.lastPlace = end?.place ?? 0
        try checkFiles(log.last, start, &groups)
        let newest = end.map { files[$0.place].header.number } ?? 0
        let isCutOff = files.last.map { $0.size < $0.header.size } ?? false
        if isCutOff || unreadable.contains(where: { Self.number(of: $0) > newest }) {
            groups.suspend()
            log.hasLostEnd = true
        }
        return log
    }

    /// Notes damage that peers can repair; without peers it is an error.
    func tell(_ damage: JournalError) throws(JournalError) {
        guard settings.isRepairable else { throw damage }
        damages.append(damage)
    }

    /// An end of the log that a crash cannot have made: one behind which a batch says that more was
    /// durable.
    private func damage(
        after end: (place: Int, position: Int)?,
        _ last: LastBatch
    ) throws(JournalError) -> JournalError? {
        #if MARTLET_MUTANTS
        if settings.mutant == .truncatesAtAnyDamage { return nil }
        #endif
        for place in files.indices.dropFirst(end?.place ?? 0) {
            let scanner = try scanner(of: files[place])
            let start = files[place].position
            guard let later = scanner.batch(thatProvesMoreThan: last, from: start) else { continue }
            // The log breaks off where it was read to, or at the start of the file behind.
            let isInNext = end.map { $0.place < place && isBlank(at: $0) } ?? false
            let (damaged, position) = isInNext ? (place, start) : end ?? (place, start)
            return damage(
                damaged,
                position,
                "batch \(last.number + 1), although batch \(later) says that it was durable"
            )
        }
        return nil
    }

    /// The file in which the log goes on behind damage; nil if it does not.
    private func resume(
        behind end: (place: Int, position: Int)?,
        _ log: inout ReadLog
    ) throws(JournalError) -> Int? {
        for place in files.indices.dropFirst(end?.place ?? 0) {
            let scanner = try scanner(of: files[place])
            guard
                let (found, position) = scanner.batch(
                    newerThan: log.last,
                    from: files[place].position
                )
            else { continue }
            files[place].position = position
            log.last.number = found.header.number - 1
            log.last.checksum = found.header.previous
            log.last.oldestFile = found.header.oldestFile
            return place
        }
        return nil
    }

    /// What is missing at the log's beginning, or between: a file, or a file's first batch.
    ///
    /// With nothing before it, the batch of any later file would be taken for the first.
    private func checkFiles(
        _ last: LastBatch,
        _ start: (place: Int, batch: UInt64)?,
        _ groups: inout RecoveredGroups
    ) throws(JournalError) {
        try deleteUnreadable(before: last.oldestFile)
        var damage = missingFile(last)
        if damage == nil, let start { damage = damagedStart(start.place, start.batch, last) }
        guard let damage else { return }
        try tell(damage)
        groups.loseStart()
    }

    private func damagedStart(
        _ place: Int,
        _ firstBatch: UInt64,
        _ last: LastBatch
    ) -> JournalError? {
        guard firstBatch > 1, files[place].header.number > last.oldestFile,
            let unread = files.firstIndex(where: { $0.header.number >= last.oldestFile })
        else { return nil }
        return damage(
            unread,
            files[unread].position,
            "the file is needed and its first batch is not whole; the log goes on with batch "
                + "\(firstBatch)"
        )
    }

    private func missingFile(_ last: LastBatch) -> JournalError? {
        guard last.number > 0 else { return nil }
        var needed = last.oldestFile
        for file in files where file.header.number >= needed {
            guard file.header.number == needed else { break }
            needed += 1
        }
        guard let newest = files.last, needed <= newest.header.number else { return nil }
        return .damaged(
            path: path(Self.filePrefix + Self.padded(needed)),
            offset: 0,
            reason: "the file is missing"
        )
    }

    /// Files without a header that nothing needs any more.
    private func deleteUnreadable(before oldest: UInt64) throws(JournalError) {
        for name in unreadable where Self.number(of: name) < oldest {
            try mortal { (disk) throws(DiskError) in try disk.delete(path(name)) }
        }
        unreadable.removeAll { Self.number(of: $0) < oldest }
    }

    /// Whether nothing was ever written where the log was read to, as far as a glance tells.
    private func isBlank(at end: (place: Int, position: Int)) -> Bool {
        let file = files[end.place]
        guard end.position < file.size else { return true }
        guard let bytes = try? disk.read(file.id, at: end.position, count: 8) else { return false }
        return bytes.allSatisfy { $0 == 0 }
    }

    /// The number in a file's name; zero if there is none.
    static func number(of name: String) -> UInt64 {
        UInt64(name.drop { $0 != "-" }.dropFirst(), radix: 16) ?? 0
    }
}
