internal import Environment
public import Model
internal import Streams

extension Segments {
    /// How far the log start may move, by age and size; nil if it need not.
    ///
    /// Whole sealed segments go: those all of whose records are older than `oldest`, milliseconds
    /// since 1970, and those without which `bytesMax` are left, `bytesBehind` being those of the log
    /// that are not in segments. Nothing at or behind `end`, the last stable offset, goes.
    public func retentionOffset(
        oldest: Int64?,
        bytesMax: Int?,
        bytesBehind: Int,
        before end: Offset
    ) -> Offset? {
        var rest = manifest.byteCount + bytesBehind
        var offset: Offset?
        for state in sealed {
            let isOld = oldest.map { state.maxTimestamp < $0 } ?? false
            let isTooMuch = bytesMax.map { rest - state.byteCount >= $0 } ?? false
            guard isOld || isTooMuch, state.endOffset <= end else { break }
            rest -= state.byteCount
            offset = state.endOffset
        }
        return offset
    }

    /// Takes the sealed segments that end at or before `offset` out of the manifest.
    ///
    /// Their files stay until `sweep`, as the last snapshot still speaks of them.
    public func forget(before offset: Offset) {
        let gone = sealed.prefix { $0.endOffset <= offset }
        condemned += gone.map(\.baseOffset)
        sealed.removeFirst(gone.count)
    }

    /// Deletes what was forgotten and `manifest`, that of a snapshot that is durable, does not have.
    ///
    /// If it fails, or the power goes, the next start deletes the rest.
    public func sweep(behind manifest: SegmentManifest) throws(SegmentError) {
        try checkAlive()
        let first = manifest.segments.first?.baseOffset ?? Offset(.max)
        while let base = condemned.first, base < first {
            try remove([path(of: base), indexPath(of: base)])
            condemned.removeFirst()
        }
    }

    /// Deletes everything: the partition is no more, or is to be had anew from a peer.
    public func removeAll() throws(SegmentError) {
        try checkAlive()
        if let file = active?.file { disk.close(file) }
        active = nil
        sealed = []
        condemned = []
        cachedIndex = nil
        let names = try mortal { (disk) throws(DiskError) in try disk.list(folder) }
        try remove(names.map { "\(folder)/\($0)" })
    }

    private func remove(_ paths: [String]) throws(SegmentError) {
        try mortal { (disk) throws(DiskError) in
            for path in paths {
                do throws(DiskError) {
                    try disk.delete(path)
                } catch .notFound {
                    // An index that was never written, or a file deleted before.
                }
            }
        }
    }

    /// Reads a segment through, and says if a byte of it is not what was written.
    ///
    /// `number` counts from the oldest; how many bytes were read, nil behind the last.
    public func verify(_ number: Int) throws(SegmentError) -> Int? {
        let segments = manifest.segments
        guard number < segments.count else { return nil }
        _ = try scan(segments[number])
        return segments[number].byteCount
    }
}
