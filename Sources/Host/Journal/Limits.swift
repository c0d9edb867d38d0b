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
}
