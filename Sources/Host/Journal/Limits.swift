/// The journal's limits.
public enum Limits {
    /// Large enough that a roll is rare, small enough that a released file frees space soon.
    public static let fileBytes = 64 << 20

    /// The very first file is small, so that a new node is ready at once.
    static let firstFileBytes = 1 << 20

    /// Files kept to be used again: one being filled and one ahead of it.
    public static let sparesMax = 2

    /// Bytes of a snapshot's chunk, as a reader must hold one in memory.
    public static let chunkBytesMax = 64 << 20

    /// Bytes of what a snapshot says of itself before its chunks.
    public static let metadataBytesMax = 1 << 20

    /// A snapshot is synced every so many bytes, so that it does not pile up in front of the
    /// journal's next sync.
    static let snapshotBytesBetweenSyncs = 8 << 20

    /// Numbers that no batch gets, once the end of the log is damaged: what stood there, and cannot be
    /// read, had lower ones.
    static let batchNumbersSkipped: UInt64 = 1 << 32

    /// Payloads up to here are copied behind the head of their entry, which costs less than two more
    /// slices to write: half as much at 256 bytes, a quarter less at 2 KiB, nothing less at 16.
    static let copiedPayloadBytesMax = 4096

    /// A link that leads to no batch: of the group something is lost.
    static let brokenLink = UInt64.max

    /// How many groups a seal says of where they were touched last, 17 bytes each; of more than these
    /// only the head of a file says so.
    static let censusGroupsMax = 1_000

    /// How much of the next file is filled at a time, while batches may wait: a few milliseconds.
    static let bytesFilledAtOnce = 1 << 20

    /// The scrubber reads so much of a journal file at once, or one batch if that is larger.
    static let scrubWindowBytes = 256 << 10

    /// What a file costs the scrubber besides its bytes: thousands of small ones are not read in one
    /// step.
    static let scrubFileOverheadBytes = 64 << 10
}
