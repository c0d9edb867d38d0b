internal import Bytes
public import Environment
public import Model
public import Streams

// Segments: the part of a partition that is not in memory.
//
// What the journal holds of a partition and what memory holds of it are to be let go some day. So a
// partition's batches are written once more, in large pieces and in the background, to files of its
// own, one behind the other as readers are to see them: a range of such a file can be sent as it is.
//
//     segment  MRTLSEGM · format, 0: UInt32 · group: UInt64 · base offset: Int64 · CRC-32C: UInt32
//              · zeros                                                                64 bytes
//              then stamped record batches without anything between them
//     index    see SegmentIndex; written when the segment is sealed
//
// Only the last segment is written to; when it is large or old enough it is sealed. How long each of
// them is, and their checksums, is the manifest, which goes into the partition's snapshot: what a
// snapshot does not know of does not count, and is in the journal still. So a torn tail needs no
// guess. What a snapshot knows of and is not there is damage, and is told.
//
// The order of a flush: append, sync, the snapshot with the manifest and without these batches, and
// when that is durable, the journal's mark and `sweep(behind:)`.
//
// A failed sync is the end, as in the journal: what is on disk is unknown.
//
//   Segments+Flush       what a partition has more
//   Segments+Recovery    from a manifest           Segments+Reading     offsets and times to batches
//   Segments+Retention   forgetting, verifying     SegmentIndex         blocks of a segment
//
// What is not here: compaction, which will write segments anew.

/// The segments of one partition's replica; for one thread.
public final class Segments<Storage: Disk> {
    let disk: Storage
    let group: GroupID
    let folder: String
    let settings: SegmentSettings

    /// The oldest first.
    var sealed: [SegmentState] = []
    var active: ActiveSegment?

    /// Sealed ones that no snapshot is to know of any more.
    var condemned: [Offset] = []

    /// The index of the sealed segment that was read last.
    var cachedIndex: (base: Offset, index: SegmentIndex)?
    private var death: SegmentError?

    /// Below `directory`, in a folder of the group's.
    init(
        on disk: Storage,
        in directory: String,
        of group: GroupID,
        settings: SegmentSettings
    ) {
        self.disk = disk
        self.group = group
        self.settings = settings
        folder = "\(directory)/\(group)/segments"
    }

    static var suffix: String { ".log" }
    static var indexSuffix: String { ".index" }
    static var temporarySuffix: String { ".tmp" }

    /// What is written, durable or not.
    public var manifest: SegmentManifest {
        var manifest = SegmentManifest()
        manifest.segments = sealed
        if let active {
            manifest.segments.append(active.state)
            manifest.isLastActive = true
        }
        return manifest
    }

    /// The first offset behind what is written; nil if nothing is.
    public var endOffset: Offset? { active?.state.endOffset ?? sealed.last?.endOffset }

    /// Writes batches behind the last one; durable only after `sync`.
    ///
    /// They must not begin before the end of what is written. If the disk is full, those before the
    /// error's count, and `endOffset` says where to go on.
    public func append(_ batches: [StoredBatch], at time: GroupTime) throws(SegmentError) {
        try checkAlive()
        var rest = batches[...]
        while let first = rest.first {
            precondition(first.baseOffset >= endOffset ?? .zero, "a batch is written twice")
            if let active, isFull(active.state, for: first, time) { try seal() }
            var segment = try segment(beginningAt: first.baseOffset, time)
            let run = run(of: rest, behind: segment.state.byteCount)
            try write(run, to: &segment)
            active = segment
            rest = rest.dropFirst(run.count)
        }
    }

    /// Makes all that was written durable; what the next snapshot is to say of it.
    public func sync() throws(SegmentError) -> SegmentManifest {
        try checkAlive()
        if var segment = active {
            try mortal { (disk) throws(DiskError) in
                if !segment.isSynced, let file = segment.file { try disk.sync(file) }
                if !segment.isNameSynced { try disk.syncDirectory(folder) }
            }
            segment.isSynced = true
            segment.isNameSynced = true
            active = segment
        }
        return manifest
    }

    /// Lets go of the open file, for a partition to which nothing is written any more.
    public func rest() throws(SegmentError) {
        guard let segment = active, let file = segment.file else { return }
        _ = try sync()
        disk.close(file)
        active?.file = nil
    }

    /// Ends the last segment, so that retention can take it.
    public func seal() throws(SegmentError) {
        guard let segment = active else { return }
        _ = try sync()
        try write(segment.index, of: segment.state.baseOffset)
        if let file = segment.file { disk.close(file) }
        sealed.append(segment.state)
        cachedIndex = (segment.state.baseOffset, segment.index)
        active = nil
    }

    private func isFull(_ state: SegmentState, for batch: StoredBatch, _ time: GroupTime) -> Bool {
        state.byteCount + batch.byteCount > settings.segmentBytes
            || time.number - state.begun.number >= settings.segmentMilliseconds
    }

    /// As many as fit, at least one.
    private func run(
        of batches: ArraySlice<StoredBatch>,
        behind byteCount: Int
    ) -> ArraySlice<StoredBatch> {
        var end = byteCount
        return batches.prefix(Limits.batchesPerWrite).prefix { batch in
            let isFirst = end == byteCount
            end += batch.byteCount
            return isFirst || end <= settings.segmentBytes
        }
    }

    private func begin(at offset: Offset, _ time: GroupTime) throws(SegmentError) -> ActiveSegment {
        guard sealed.count < Limits.segmentsMax else { throw .full(path: folder) }
        let path = path(of: offset)
        let file = try mortal { (disk) throws(DiskError) in
            try disk.makeDirectory(folder)
            do throws(DiskError) {
                try disk.delete(path)
            } catch .notFound {
                // The usual case: nobody tried before.
            }
            return try disk.open(path, .create)
        }
        let header = SegmentHeader(group: group, baseOffset: offset)
        do throws(SegmentError) {
            try mortal { (disk) throws(DiskError) in
                try disk.write(file, at: 0, [header.encoded])
            }
        } catch {
            disk.close(file)
            throw error
        }
        let state = SegmentState(
            baseOffset: offset,
            endOffset: offset,
            byteCount: SegmentHeader.byteCount,
            maxTimestamp: .min,
            checksum: 0,
            begun: time
        )
        return ActiveSegment(state: state, file: file)
    }

    /// The last segment with its file open, or a new one.
    private func segment(
        beginningAt offset: Offset,
        _ time: GroupTime
    ) throws(SegmentError) -> ActiveSegment {
        guard var segment = active else { return try begin(at: offset, time) }
        guard segment.file == nil else { return segment }
        let path = path(of: segment.state.baseOffset)
        segment.file = try mortal { (disk) throws(DiskError) in try disk.open(path, .readWrite) }
        active = segment
        return segment
    }

    private func write(
        _ batches: ArraySlice<StoredBatch>,
        to segment: inout ActiveSegment
    ) throws(SegmentError) {
        guard let file = segment.file else { return }
        let stamps = Self.stamps(of: batches)
        var slices: [ByteSlice] = []
        slices.reserveCapacity(2 * batches.count)
        for (batch, stamp) in zip(batches, stamps) {
            slices.append(stamp)
            slices.append(batch.unstamped)
        }
        let position = segment.state.byteCount
        do throws(SegmentError) {
            try mortal { (disk) throws(DiskError) in
                try disk.write(file, at: position, slices)
            }
        } catch {
            // A new segment without a batch is none; its file is deleted when it is begun again.
            if active == nil { disk.close(file) }
            throw error
        }
        for (batch, stamp) in zip(batches, stamps) { segment.add(batch, stamp) }
        segment.state.checksum = segment.index.checksum
        segment.isSynced = false
    }

    /// Sixteen bytes for each of the batches, all in one piece of memory.
    private static func stamps(of batches: ArraySlice<StoredBatch>) -> [ByteSlice] {
        let length = RecordBatchHeader.stampByteCount
        var writer = ByteWriter(capacity: batches.count * length)
        for batch in batches { batch.encodeStamp(into: &writer) }
        let all = writer.slice
        return batches.indices.map { index in
            let start = (index - batches.startIndex) * length
            return all[start..<start + length]
        }
    }

    /// Durable when it returns; without it, the segment is read through.
    func write(_ index: SegmentIndex, of base: Offset) throws(SegmentError) {
        let target = indexPath(of: base)
        let source = target + Self.temporarySuffix
        try mortal { (disk) throws(DiskError) in
            do throws(DiskError) {
                try disk.delete(source)
            } catch .notFound {
                // The usual case: nobody tried before.
            }
            let file = try disk.open(source, .create)
            defer { disk.close(file) }
            try disk.write(file, at: 0, [index.encoded])
            try disk.sync(file)
            try disk.rename(source, to: target)
            try disk.syncDirectory(folder)
        }
    }

    func path(of base: Offset) -> String { "\(folder)/\(Self.name(of: base))\(Self.suffix)" }

    func indexPath(of base: Offset) -> String {
        "\(folder)/\(Self.name(of: base))\(Self.indexSuffix)"
    }

    /// Sixteen hexadecimal digits, so that names sort as numbers.
    static func name(of base: Offset) -> String {
        let digits = String(base.number, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    func checkAlive() throws(SegmentError) {
        if let death { throw death }
    }

    /// Whatever fails but for want of space is the end.
    func mortal<Value>(
        _ body: (Storage) throws(DiskError) -> Value
    ) throws(SegmentError) -> Value {
        do throws(DiskError) {
            return try body(disk)
        } catch .full(let path) {
            throw .full(path: path)
        } catch {
            death = .failed(error)
            throw .failed(error)
        }
    }
}

/// The segment that is written to.
struct ActiveSegment {
    var state: SegmentState
    var index = SegmentIndex()

    /// Nil while it rests.
    var file: FileID?

    var isSynced: Bool

    /// Whether its name will be there after the power went.
    var isNameSynced: Bool

    /// One that is new has its file; one that was found rests, and is durable.
    init(state: SegmentState, file: FileID?) {
        self.state = state
        self.file = file
        isSynced = file == nil
        isNameSynced = file == nil
    }

    /// Its checksum is not up to date afterwards.
    mutating func add(_ batch: StoredBatch, _ stamp: ByteSlice) {
        index.add(batch, stamp, at: state.byteCount)
        state.byteCount += batch.byteCount
        state.endOffset = batch.lastOffset.next
        state.maxTimestamp = max(state.maxTimestamp, batch.maxTimestamp)
    }
}
