internal import Bytes
internal import Environment

/// One cold journal file that is read again, batch by batch.
struct JournalFileScan {
    enum Step {
        /// So many bytes were as they should be.
        case read(Int)

        case ended
        case damaged(JournalError)
    }

    let file: ColdJournalFile
    private var stretches: ArraySlice<BatchStretch>
    private var isHeaderRead = false
    private var position = 0

    /// The number and the checksum of the batch before, in this stretch.
    private var last: (number: UInt64, checksum: UInt32)?

    init(_ file: ColdJournalFile) {
        self.file = file
        stretches = file.stretches[...]
        position = file.stretches.first?.start ?? 0
    }

    var path: String { file.path }

    /// The header first, then with each call batches of about `limit` bytes: at least one.
    mutating func advance<Storage: Disk>(
        on disk: Storage,
        upTo limit: Int
    ) throws(DiskError) -> Step {
        guard let stretch = stretches.first else { return .ended }
        let id = try disk.open(path, .read)
        defer { disk.close(id) }
        guard isHeaderRead else { return try readHeader(id, on: disk) }
        let start = position
        var count = min(max(limit, BatchHeader.byteCount), Limits.scrubWindowBytes)
        while true {
            let bytes = ByteSlice(
                try disk.read(id, at: start, count: min(count, stretch.end - start))
            )
            switch check(bytes, from: start, in: stretch) {
            case .whole:
                let read = position - start
                if position >= stretch.end { leaveStretch() }
                return .read(read)
            case .longer(let needed) where needed > count: count = needed
            case .longer: return damaged("a batch that ends early", at: position)
            case .damaged(let reason): return damaged(reason, at: position)
            }
        }
    }

    private enum Verdict {
        /// One batch at least, and `position` is behind the last.
        case whole

        /// The first batch takes so many bytes.
        case longer(Int)

        case damaged(String)
    }

    /// Checks the batches that lie within `bytes`.
    private mutating func check(
        _ bytes: ByteSlice,
        from start: Int,
        in stretch: BatchStretch
    ) -> Verdict {
        let seed = file.header.seed
        while position < stretch.end {
            let head = position - start
            let body = head + BatchHeader.byteCount
            guard body <= bytes.count else { break }
            guard
                let (batch, checksum) = BatchHeader.read(
                    bytes[head..<body],
                    of: file.header.number,
                    from: seed
                ), follows(batch, in: stretch)
            else { return .damaged("a batch's header") }
            guard body + batch.length <= bytes.count else {
                return position > start ? .whole : .longer(body + batch.length)
            }
            var found = seed
            found.add(bytes[body..<body + batch.length])
            guard found.value == batch.bodyChecksum else { return .damaged("a batch's body") }
            last = (batch.number, checksum)
            position = BatchHeader.aligned(position + BatchHeader.byteCount + batch.length)
        }
        return position > start ? .whole : .longer(BatchHeader.byteCount)
    }

    /// Whether the file still has its name: one that was let go of takes another before anything else
    /// is written to it, and numbers are not given twice.
    func isStillThere<Storage: Disk>(on disk: Storage) throws(DiskError) -> Bool {
        do throws(DiskError) {
            disk.close(try disk.open(path, .read))
            return true
        } catch .notFound {
            return false
        }
    }

    private mutating func readHeader<Storage: Disk>(
        _ id: FileID,
        on disk: Storage
    ) throws(DiskError) -> Step {
        let head = try disk.read(id, at: 0, count: FileHeader.byteCount)
        guard case .header(let found) = FileHeader.read(ByteSlice(head)),
            found.number == file.header.number, found.salt == file.header.salt
        else { return damaged("the file's header", at: 0) }
        let size = try disk.size(of: id)
        guard size >= file.size else {
            return damaged("the file was cut off; it had \(file.size) bytes", at: size)
        }
        isHeaderRead = true
        return .read(FileHeader.byteCount)
    }

    private func follows(_ batch: BatchHeader, in stretch: BatchStretch) -> Bool {
        let end = position + BatchHeader.byteCount + batch.length
        guard BatchHeader.aligned(end) <= stretch.end else { return false }
        guard let last else { return batch.number == stretch.firstBatch }
        return batch.number == last.number + 1 && batch.previous == last.checksum
    }

    private mutating func leaveStretch() {
        stretches.removeFirst()
        last = nil
        position = stretches.first?.start ?? 0
    }

    private func damaged(_ reason: String, at offset: Int) -> Step {
        .damaged(.damaged(path: path, offset: offset, reason: reason))
    }
}
