/// What is wrong with a disk at the moment.
struct DiskFaults {
    /// Bytes that all files may have together; nil is "enough".
    var capacity: Int?

    /// How often an operation that needs no space to speak of says that there is none: quotas,
    /// inodes, blocks that are given out late.
    var fullPermille = 0

    /// File systems go read-only when they find an error of their own.
    var isReadOnly = false

    /// The next sync fails, in this way.
    var syncFault: SyncFault?

    /// Each read fails with this likelihood.
    var readFaultPermille = 0

    /// Whether a program may have to stop by what is wrong.
    var mayFail: Bool {
        syncFault != nil || readFaultPermille > 0 || isReadOnly || fullPermille > 0
    }
}

/// What a file system makes of a sync that failed (Rebello et al., ATC '20).
enum SyncFault: CaseIterable {
    /// Btrfs: the cache drops what was not synced; later reads see the old content.
    case reverts

    /// The cache keeps it, and a later sync would succeed.
    case staysDirty

    /// Ext4, XFS: the cache has the new content and takes it for clean; a later sync writes nothing.
    case seemsClean
}

/// What a power failure may do to the sectors that were not synced.
struct PowerLoss: Sendable {
    /// Besides of prefixes, of any parts of a sector.
    var tearsParts = false

    /// What was being written is anything.
    var leavesGarbage = false
}

/// What happens to bytes at rest.
enum Damage: CaseIterable {
    /// One bit changes.
    case flippedBit

    /// A sector is zero, or anything.
    case zeroedSector, garbledSector

    /// A write went astray: a sector holds what belongs elsewhere.
    case misdirectedSector

    /// A sector cannot be read until it is written again.
    case unreadableSector

    /// The end is missing, or the whole file.
    case truncatedFile, lostFile
}

/// Places at which a node's process or power may fail, by name: right before or after the disk has
/// done it, or between the steps of a turn.
enum FaultPoint: Int, CaseIterable {
    case batchWritten, journalSynced, journalFileFilled, journalFileNamed, journalFileKept
    case journalFileDeleted, journalFolderSynced
    case snapshotWritten, snapshotSynced, snapshotNamed, snapshotFolderSynced, snapshotDeleted
    case turnBegun, halfOfFrames, framesSent, answersGiven

    /// Whether it is between the steps of a turn.
    var isOfTurn: Bool { self >= .turnBegun }

    static func >= (left: FaultPoint, right: FaultPoint) -> Bool {
        left.rawValue >= right.rawValue
    }
}

/// A fault point that is to be struck when it is next reached.
struct ArmedFaultPoint {
    var point: FaultPoint

    /// Once it is done, or else just before.
    var isAfter: Bool
    var losesPower: Bool
}
