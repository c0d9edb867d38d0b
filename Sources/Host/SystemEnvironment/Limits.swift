/// What the system is asked for at once.
enum Limits {
    /// Vectors of one write; Linux takes 1,024 (IOV_MAX), and half of that is as fast.
    static let vectorsPerWriteMax = 512

    /// Zeros written by one call: large enough for the disk, small beside the page cache.
    static let zeroBytesPerWrite = 1 << 20

    /// The zeros that are kept for it: few enough to stay in a cache.
    static let zeroBlockBytes = 64 << 10

    /// Bytes of `node.json`: a name is short; what is larger was not written by us.
    static let identityBytesMax = 4096

    /// Starts of a node: their count is the upper part of the numbers that its commands get.
    static let bootsMax: UInt64 = 1 << 24

    /// Threads of a node for long ranges, hashes and the like.
    static let workersPerNode = 2

    /// Jobs that wait for those threads; each may hold a copy of the keyspace, and with it what has
    /// been overwritten since.
    static let workerJobsWaitingMax = 1_024

    /// How much those threads give way to the event loops (`nice`, from 0 to 19).
    static let lowPriorityNice = 10
}
