/// The limits of segments, each with its reason.
public enum Limits {
    /// Bytes after which a segment is sealed: a segment is what retention deletes, and what a start
    /// reads through if it was the last.
    public static let segmentBytes = 64 << 20

    /// Segments of a partition; 6 TiB at the usual size.
    static let segmentsMax = 100_000

    /// Bytes after which a block of the index ends: what is read to find one batch in it.
    ///
    /// Part of the format, as a segment's checksum is one of its blocks' checksums.
    static let blockBytes = 64 << 10

    /// Batches written by one call: their stamps and payloads are two slices each.
    static let batchesPerWrite = 512

    /// Bytes of batches that are gathered to be written at once.
    static let bytesFlushedAtOnce = 4 << 20

    /// Bytes read at once where a segment is read through.
    static let bytesScannedAtOnce = 1 << 20

    /// The highest offset that a manifest may carry: that of a partition.
    static let offsetMax: Int64 = 1 << 60
}
