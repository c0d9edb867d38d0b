internal import Model
public import Streams

extension Segments {
    /// Writes what a partition has in memory and the segments have not, and makes it durable.
    ///
    /// `partition` is a copy, of which the next snapshot is made: `PartitionChunks` from the
    /// manifest's end on. Segments wholly before its log start are forgotten first.
    public func flush(_ partition: Partition) throws(SegmentError) -> SegmentManifest {
        forget(before: partition.logStartOffset)
        var next = max(endOffset ?? .zero, partition.logStartOffset)
        while next < partition.highWatermark {
            let batches = Self.batches(of: partition, from: next)
            guard let last = batches.last else { break }
            try append(batches, at: partition.time)
            next = last.lastOffset.next
        }
        return try sync()
    }

    /// Some of them, none behind the last; what is not in memory has been written.
    private static func batches(of partition: Partition, from offset: Offset) -> [StoredBatch] {
        let read = try? partition.read(
            from: offset,
            bytesMax: Limits.bytesFlushedAtOnce,
            isolation: .readUncommitted
        )
        precondition(read != nil, "batches from \(offset) on are neither in segments nor in memory")
        return read?.batches ?? []
    }
}
