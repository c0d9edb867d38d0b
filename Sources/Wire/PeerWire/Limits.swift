/// The peer protocol's limits.
public enum Limits {
    /// Bytes of a frame, checksum included: what one peer can make another hold in memory at once.
    ///
    /// Far above `frameBytesGoal`, as a frame holds at least one item, however large.
    public static let frameBytesMax = 64 << 20

    /// A writer that holds as much says `isFull`: more would delay the first item of the frame by
    /// the time that the others need on the line.
    public static let frameBytesGoal = 1 << 20

    /// Entries of one append: an entry takes 40 bytes of memory for 3 on the line.
    public static let entriesPerAppendMax = 1 << 20

    /// Voters, outgoing voters or learners of a group: the control group has a learner on each of
    /// up to 1,000 nodes.
    public static let replicasPerListMax = 1_024

    /// Terms, indexes and byte counts: no log of ours gets so far, and sums of two still fit, so
    /// that a peer's number cannot overflow in the arithmetic of whoever reads it.
    public static let numberMax: UInt64 = 1 << 62

    /// An entry's payload is a slice of its frame if it is at least this part (one in so many) of
    /// it, else a copy: a log and a keyspace keep payloads for long, and would keep the frame with
    /// them.
    static let sharedPayloadShare = 4
}
