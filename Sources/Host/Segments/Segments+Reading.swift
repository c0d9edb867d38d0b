internal import Bytes
internal import Environment
public import Model
public import Streams

/// Whole batches in a segment's file, to be sent as they lie there.
public struct SegmentRange: Sendable, Equatable {
    /// Relative to the data directory.
    public let path: String
    public let position: Int
    public let byteCount: Int

    /// From the first batch's first offset; nothing that the range holds is behind its end.
    public let offsets: Range<Offset>
}

extension Segments {
    /// Where batches lie from the one that holds `offset` on, or the first one behind it.
    ///
    /// Whole batches that end before `end`: at least one, and no more than fit into `bytesMax`; a
    /// range ends with its segment, and may end early. Nil if no such batch is in the segments. What
    /// is in the range has been checked only where it begins.
    public func range(
        from offset: Offset,
        bytesMax: Int,
        before end: Offset
    ) throws(SegmentError) -> SegmentRange? {
        guard let (state, index) = try segment(holding: offset) else { return nil }
        let path = path(of: state.baseOffset)
        var number = index.block(of: offset)
        while number < index.blocks.count {
            let block = index.blocks[number]
            let batches = try batches(of: block, in: path)
            guard let first = batches.firstIndex(where: { $0.lastOffset >= offset }) else {
                number += 1
                continue
            }
            let position = batches[..<first].reduce(block.position) { $0 + $1.byteCount }
            let whole = Self.wholeBlocks(from: number, of: index, state, before: end) {
                $0 - position <= bytesMax
            }
            let last = whole ?? Self.part(of: batches[first...], position, bytesMax, before: end)
            return last.map { last in
                SegmentRange(
                    path: path,
                    position: position,
                    byteCount: last.position - position,
                    offsets: batches[first].baseOffset..<last.offset
                )
            }
        }
        return nil
    }

    /// The batches of such a range, each checked.
    public func batches(in range: SegmentRange) throws(SegmentError) -> [StoredBatch] {
        let file = try openForReading(range.path)
        defer { disk.close(file) }
        let bytes = try read(file, at: range.position, count: range.byteCount)
        let batches = Self.batches(in: bytes)
        var position = range.position
        for batch in batches {
            guard batch.hasSoundChecksum, range.offsets.contains(batch.lastOffset) else {
                throw .damaged(path: range.path, offset: position, reason: "a record batch")
            }
            position += batch.byteCount
        }
        guard position == range.position + range.byteCount else {
            throw .damaged(path: range.path, offset: position, reason: "no record batch")
        }
        return batches
    }

    /// The first batch with a record at or behind `offset` whose latest is not earlier than
    /// `timestamp`; nil if none in the segments is so.
    public func firstBatch(
        notBefore timestamp: Int64,
        from offset: Offset
    ) throws(SegmentError) -> StoredBatch? {
        for state in manifest.segments
        where state.endOffset > offset && state.maxTimestamp >= timestamp {
            let index = try self.index(of: state)
            for block in index.blocks where block.maxTimestamp >= timestamp {
                let batch = try batches(of: block, in: path(of: state.baseOffset)).first {
                    $0.maxTimestamp >= timestamp && $0.lastOffset >= offset
                }
                if let batch { return batch }
            }
        }
        return nil
    }

    private func segment(
        holding offset: Offset
    ) throws(SegmentError) -> (SegmentState, SegmentIndex)? {
        var low = 0
        var high = sealed.count
        while low < high {
            let middle = (low + high) / 2
            if sealed[middle].endOffset <= offset { low = middle + 1 } else { high = middle }
        }
        if low < sealed.count { return (sealed[low], try index(of: sealed[low])) }
        guard let active, active.state.endOffset > offset else { return nil }
        return (active.state, active.index)
    }

    /// Behind the last of the blocks from `first` on that are wanted whole; nil if `first` is not.
    private static func wholeBlocks(
        from first: Int,
        of index: SegmentIndex,
        _ state: SegmentState,
        before end: Offset,
        _ fits: (Int) -> Bool
    ) -> (position: Int, offset: Offset)? {
        var last: (position: Int, offset: Offset)?
        for number in first..<index.blocks.count {
            let isLast = number + 1 == index.blocks.count
            let offset = isLast ? state.endOffset : index.blocks[number + 1].firstOffset
            guard offset <= end, fits(index.blocks[number].end) else { break }
            last = (index.blocks[number].end, offset)
        }
        return last
    }

    /// Behind the last of the batches that are wanted; nil if the first is not.
    private static func part(
        of batches: ArraySlice<StoredBatch>,
        _ start: Int,
        _ bytesMax: Int,
        before end: Offset
    ) -> (position: Int, offset: Offset)? {
        var last: (position: Int, offset: Offset)?
        var position = start
        for batch in batches {
            position += batch.byteCount
            guard batch.lastOffset < end, last == nil || position - start <= bytesMax else { break }
            last = (position, batch.lastOffset.next)
        }
        return last
    }

    /// A block's batches; its checksum tells whether they are what was written.
    func batches(
        of block: SegmentIndex.Block,
        in path: String
    ) throws(SegmentError) -> [StoredBatch] {
        let file = try openForReading(path)
        defer { disk.close(file) }
        let bytes = try read(file, at: block.position, count: block.byteCount)
        guard bytes.count == block.byteCount, CRC32C.of(bytes) == block.checksum.value else {
            throw .damaged(path: path, offset: block.position, reason: "a block's checksum")
        }
        return Self.batches(in: bytes)
    }

    /// From its file, or from the segment's bytes, if the file is missing or wrong.
    func index(of state: SegmentState) throws(SegmentError) -> SegmentIndex {
        if let active, active.state.baseOffset == state.baseOffset { return active.index }
        if let cachedIndex, cachedIndex.base == state.baseOffset { return cachedIndex.index }
        let index: SegmentIndex
        if let stored = storedIndex(of: state) {
            index = stored
        } else {
            index = try rebuiltIndex(of: state)
        }
        cachedIndex = (state.baseOffset, index)
        return index
    }

    private func storedIndex(of state: SegmentState) -> SegmentIndex? {
        let path = indexPath(of: state.baseOffset)
        let bytes = try? reading(path) { (disk, file) throws(DiskError) in
            try disk.read(file, at: 0, count: try disk.size(of: file))
        }
        return bytes.flatMap { SegmentIndex(ByteSlice($0), of: state) }
    }

    private func rebuiltIndex(of state: SegmentState) throws(SegmentError) -> SegmentIndex {
        let index = try scan(state)
        do throws(SegmentError) {
            try write(index, of: state.baseOffset)
        } catch .full {
            // It is made again when it is needed again.
        }
        return index
    }
}
