internal import Bytes
internal import Environment
public import Model
internal import Streams

extension Segments {
    /// Opens what a snapshot says of the segments; without one, `SegmentManifest()`.
    ///
    /// What it does not know of is deleted, and the last segment is cut to the length that it knows.
    /// Of sealed segments only length and head are looked at here; the last one is read through.
    public convenience init(
        on disk: Storage,
        in directory: String,
        of group: GroupID,
        settings: SegmentSettings = SegmentSettings(),
        manifest: SegmentManifest
    ) throws(SegmentError) {
        self.init(on: disk, in: directory, of: group, settings: settings)
        for state in manifest.segments { try check(state) }
        try removeUnknown(to: manifest)
        sealed = manifest.segments
        if manifest.isLastActive, let last = sealed.popLast() { try reopen(last) }
    }

    private func check(_ state: SegmentState) throws(SegmentError) {
        let path = path(of: state.baseOffset)
        let (size, head) = try reading(path) { (disk, file) throws(DiskError) in
            (
                try disk.size(of: file),
                try disk.read(file, at: 0, count: SegmentHeader.byteCount)
            )
        }
        switch SegmentHeader.read(ByteSlice(head)) {
        case .header(let header):
            guard header.group == group, header.baseOffset == state.baseOffset else {
                throw .damaged(path: path, offset: 0, reason: "it is another segment")
            }
        case .newer(let format):
            throw .newerFormat(path: path, found: format, supported: SegmentHeader.format)
        case .none: throw .damaged(path: path, offset: 0, reason: "the segment's head")
        }
        guard size >= state.byteCount else {
            throw .damaged(path: path, offset: size, reason: "it ends early")
        }
    }

    private func removeUnknown(to manifest: SegmentManifest) throws(SegmentError) {
        var known: Set<String> = []
        for state in manifest.segments {
            let name = Self.name(of: state.baseOffset)
            known.insert(name + Self.suffix)
            known.insert(name + Self.indexSuffix)
        }
        if manifest.isLastActive, let last = manifest.segments.last {
            // It was sealed after the snapshot.
            known.remove(Self.name(of: last.baseOffset) + Self.indexSuffix)
        }
        try mortal { (disk) throws(DiskError) in
            for name in try disk.list(folder) where !known.contains(name) {
                try disk.delete("\(folder)/\(name)")
            }
        }
    }

    private func reopen(_ state: SegmentState) throws(SegmentError) {
        var segment = ActiveSegment(state: state, file: nil)
        segment.index = try scan(state)
        let path = path(of: state.baseOffset)
        try mortal { (disk) throws(DiskError) in
            let file = try disk.open(path, .readWrite)
            defer { disk.close(file) }
            guard try disk.size(of: file) > state.byteCount else { return }
            try disk.truncate(file, to: state.byteCount)
        }
        active = segment
    }

    /// The index of a segment, made from its bytes, all of which are checked.
    func scan(_ state: SegmentState) throws(SegmentError) -> SegmentIndex {
        let path = path(of: state.baseOffset)
        let file = try openForReading(path)
        defer { disk.close(file) }
        var index = SegmentIndex()
        var position = SegmentHeader.byteCount
        var next = state.baseOffset
        while position < state.byteCount {
            let rest = state.byteCount - position
            var bytes = try read(file, at: position, count: min(Limits.bytesScannedAtOnce, rest))
            if let count = RecordBatch.byteCount(atStartOf: bytes), count > bytes.count,
                count <= rest
            {
                bytes = try read(file, at: position, count: count)
            }
            let batches = Self.batches(in: bytes)
            guard !batches.isEmpty else {
                throw .damaged(path: path, offset: position, reason: "no record batch")
            }
            for batch in batches {
                guard batch.baseOffset >= next else {
                    throw .damaged(path: path, offset: position, reason: "offsets fall")
                }
                next = batch.lastOffset.next
                index.add(batch, batch.stamp, at: position)
                position += batch.byteCount
            }
        }
        guard index.checksum == state.checksum, next == state.endOffset else {
            throw .damaged(path: path, offset: position, reason: "the segment's checksum")
        }
        return index
    }

    /// The whole batches that the bytes begin with.
    static func batches(in bytes: ByteSlice) -> [StoredBatch] {
        var batches: [StoredBatch] = []
        var position = 0
        while position < bytes.count {
            let rest = bytes[position..<bytes.count]
            guard let count = RecordBatch.byteCount(atStartOf: rest), count <= rest.count,
                let batch = try? StoredBatch(stamped: rest[0..<count])
            else { break }
            batches.append(batch)
            position += count
        }
        return batches
    }

    // Reading finds damage, and then the file is no worse than before: it is not the end.

    func openForReading(_ path: String) throws(SegmentError) -> FileID {
        do throws(DiskError) {
            return try disk.open(path, .read)
        } catch .notFound {
            throw .damaged(path: path, offset: 0, reason: "the file is gone")
        } catch {
            throw .failed(error)
        }
    }

    func read(_ file: FileID, at position: Int, count: Int) throws(SegmentError) -> ByteSlice {
        do throws(DiskError) {
            return ByteSlice(try disk.read(file, at: position, count: count))
        } catch {
            throw .failed(error)
        }
    }

    func reading<Value>(
        _ path: String,
        _ body: (Storage, FileID) throws(DiskError) -> Value
    ) throws(SegmentError) -> Value {
        let file = try openForReading(path)
        defer { disk.close(file) }
        do throws(DiskError) {
            return try body(disk, file)
        } catch {
            throw .failed(error)
        }
    }
}
