internal import Bytes

/// The last batch of the log, as far as it was read.
struct LastBatch {
    /// Zero before the first.
    var number: UInt64 = 0

    /// Of its header; nothing is known of the batch before the oldest file's first.
    var checksum: UInt32 = 0

    /// The oldest file that must be there.
    var oldestFile: UInt64 = 0

    /// Where those batches begin that none behind them says were durable, oldest first.
    var unproven: [(number: UInt64, file: Int, position: Int)] = []

    /// The batch says which before it were durable.
    mutating func note(_ header: BatchHeader, file: Int, position: Int) {
        unproven.removeAll { $0.number <= header.synced }
        unproven.append((header.number, file, position))
    }
}

/// Looks for batches in a file's bytes.
struct BatchScanner {
    let bytes: ByteSlice
    let file: UInt64
    let seed: CRC32C
    let settings: JournalSettings

    struct Found {
        var header: BatchHeader

        /// Of the header.
        var checksum: UInt32

        var body: ByteSlice
    }

    /// The whole batch at `position` that follows `last`; nil if there is none.
    func batch(at position: Int, after last: LastBatch) -> Found? {
        guard let (header, checksum) = header(at: position) else { return nil }
        let start = position + BatchHeader.byteCount
        guard header.length <= bytes.count - start else { return nil }
        // The oldest file begins where the files before it left off.
        if last.number > 0 {
            guard header.number == last.number + 1, header.previous == last.checksum else {
                return nil
            }
        }
        let found = Found(
            header: header,
            checksum: checksum,
            body: bytes[start..<start + header.length]
        )
        return isWhole(found) ? found : nil
    }

    private func isWhole(_ found: Found) -> Bool {
        #if MARTLET_MUTANTS
        if settings.mutant == .bodyNotChecked { return true }
        #endif
        var checksum = seed
        checksum.add(found.body)
        return checksum.value == found.header.bodyChecksum
    }

    /// The number of a batch from `position` on that says more than `last` was durable.
    ///
    /// Its header says so, of the time when it was written, whether or not its body is whole.
    ///
    /// What a torn tail leaves behind it says no such thing: when it was written, the first batch of
    /// the tail was not durable, and that is the one behind `last`, or an earlier one.
    func batch(thatProvesMoreThan last: LastBatch, from position: Int) -> UInt64? {
        var position = BatchHeader.aligned(position)
        while position + BatchHeader.byteCount <= bytes.count {
            if let (header, _) = header(at: position), proves(header, moreThan: last) {
                return header.number
            }
            position += BatchHeader.alignment
        }
        return nil
    }

    /// The first whole batch from `position` on that is newer than `last`, whatever it follows.
    func batch(newerThan last: LastBatch, from position: Int) -> (found: Found, position: Int)? {
        var position = BatchHeader.aligned(position)
        while position + BatchHeader.byteCount <= bytes.count {
            if let found = batch(at: position, after: LastBatch()),
                found.header.number > last.number
            {
                return (found, position)
            }
            position += BatchHeader.alignment
        }
        return nil
    }

    /// Where headers of batches stand from `position` on, whether or not their bodies are whole.
    func headers(from position: Int) -> [Int] {
        let first = BatchHeader.aligned(position)
        return stride(from: first, to: bytes.count, by: BatchHeader.alignment)
            .filter { header(at: $0) != nil }
    }

    private func proves(_ header: BatchHeader, moreThan last: LastBatch) -> Bool {
        guard header.number > last.number else { return false }
        if header.synced > last.number { return true }
        // What it followed was durable, and was not what was read.
        return header.synced == last.number && header.number == last.number + 1 && last.number > 0
            && header.previous != last.checksum
    }

    private func header(at position: Int) -> (header: BatchHeader, checksum: UInt32)? {
        guard position + BatchHeader.byteCount <= bytes.count else { return nil }
        return BatchHeader.read(
            bytes[position..<position + BatchHeader.byteCount],
            of: file,
            from: seed
        )
    }
}
