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

    let path: String

    /// The file before it, if there is one.
    let previous: String?

    /// The file behind it, whose first batch says where this one ends.
    let next: String
    private var header: FileHeader?
    private var position = FileHeader.byteCount
    private var last: (number: UInt64, checksum: UInt32)?

    init(path: String, previous: String?, next: String) {
        self.path = path
        self.previous = previous
        self.next = next
    }

    /// The next batch.
    mutating func advance<Storage: Disk>(on disk: Storage) throws(DiskError) -> Step {
        let file = try disk.open(path, .read)
        defer { disk.close(file) }
        guard let header else { return try begin(file, on: disk) }
        let head = try disk.read(file, at: position, count: BatchHeader.byteCount)
        guard
            let (batch, checksum) = BatchHeader.read(
                ByteSlice(head),
                of: header.number,
                from: header.seed
            ), follows(batch), batch.length <= header.size - position
        else { return try end(on: disk) }
        let start = position + BatchHeader.byteCount
        var body = header.seed
        body.add(ByteSlice(try disk.read(file, at: start, count: batch.length)))
        guard body.value == batch.bodyChecksum else {
            // A crash tore it, if the next file goes on with its number.
            return try firstBatch(on: disk) == batch.number ? .ended : damaged("a batch's body")
        }
        last = (batch.number, checksum)
        position = BatchHeader.aligned(start + batch.length)
        return .read(BatchHeader.byteCount + batch.length)
    }

    /// Whether the file still has its name, and its number.
    func isStillThere<Storage: Disk>(on disk: Storage) throws(DiskError) -> Bool {
        let file = try disk.open(path, .read)
        defer { disk.close(file) }
        guard let header else { return true }
        let head = try disk.read(file, at: 0, count: FileHeader.byteCount)
        guard case .header(let found) = FileHeader.read(ByteSlice(head)) else { return true }
        return found.number == header.number && found.salt == header.salt
    }

    private mutating func begin<Storage: Disk>(
        _ file: FileID,
        on disk: Storage
    ) throws(DiskError) -> Step {
        // The file behind is made ready before this one is full.
        guard try firstBatch(on: disk) != nil else { return .ended }
        let head = try disk.read(file, at: 0, count: FileHeader.byteCount)
        guard case .header(let found) = FileHeader.read(ByteSlice(head)) else {
            return damaged("the file's header", at: 0)
        }
        guard try disk.size(of: file) >= found.size else {
            return damaged("the file was cut off; it had \(found.size) bytes", at: 0)
        }
        header = found
        return .read(FileHeader.byteCount)
    }

    private func follows(_ batch: BatchHeader) -> Bool {
        guard let last else { return true }
        return batch.number == last.number + 1 && batch.previous == last.checksum
    }

    /// No batch follows: then the next file must go on with the number behind the last.
    private func end<Storage: Disk>(on disk: Storage) throws(DiskError) -> Step {
        guard let first = try firstBatch(on: disk) else { return .ended }
        guard last != nil || previous != nil else { return damaged("the file's first batch") }
        let known: UInt64?
        if let last { known = last.number } else { known = try numberBefore(on: disk) }
        guard let number = known else { return .ended }
        return first == number + 1
            ? .ended : damaged("batch \(number + 1), as the next file begins with \(first)")
    }

    /// The last batch before this file, which a crash may have torn in its first; nil if that cannot
    /// be said, as where the file before was torn in its first as well.
    private func numberBefore<Storage: Disk>(on disk: Storage) throws(DiskError) -> UInt64? {
        guard let previous else { return nil }
        var scan = JournalFileScan(path: previous, previous: nil, next: next)
        while case .read = try scan.advance(on: disk) {}
        return scan.last?.number
    }

    /// Nil if the next file has none as yet, or is damaged itself, which its own scan finds.
    private func firstBatch<Storage: Disk>(on disk: Storage) throws(DiskError) -> UInt64? {
        let file = try disk.open(next, .read)
        defer { disk.close(file) }
        let count = FileHeader.byteCount + BatchHeader.byteCount
        let bytes = ByteSlice(try disk.read(file, at: 0, count: count))
        guard bytes.count == count,
            case .header(let header) = FileHeader.read(bytes[0..<FileHeader.byteCount]),
            let (batch, _) = BatchHeader.read(
                bytes[FileHeader.byteCount..<count],
                of: header.number,
                from: header.seed
            )
        else { return nil }
        return batch.number
    }

    private func damaged(_ reason: String, at offset: Int? = nil) -> Step {
        .damaged(.damaged(path: path, offset: offset ?? position, reason: reason))
    }
}
