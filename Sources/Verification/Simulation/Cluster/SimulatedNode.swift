internal import Model

/// A machine: a disk and a clock that outlast the process, and the process while it runs.
final class SimulatedNode {
    let id: NodeID
    let disk: SimulatedDisk
    var clock: SimulatedClock

    /// How often it was started; production keeps this number in its identity file.
    var boots: UInt64 = 0

    /// How often it was really started, whatever its disk says.
    var starts: UInt64 = 0

    /// Which data directory its disk holds; production keeps it beside `boots`.
    var incarnation: Incarnation
    var running: RunningNode?
    var pausedUntil: UInt64 = 0
    var tickedAt: UInt64 = 0
    var wakesInOrder = true

    /// How many times slower than usual its disk is.
    var diskSlowness: UInt64 = 1

    /// What its next write takes besides, in nanoseconds.
    var diskStall: UInt64 = 0

    /// A copy of its disk, to be put back later.
    var image: CopiedDisk?

    /// Where between the steps of a turn it is to die.
    var armedStep: ArmedFaultPoint?

    /// How often it will die again soon after it has started.
    var crashesLeft = 0

    /// Whether its disk was exchanged, so that the others must refuse it.
    var isExchanged = false

    /// Files that ever rotted: a damaged one stays until nothing needs it.
    var rottenPaths: [String] = []

    /// Those of them that rotted under the process that runs; it is to find them and write them anew.
    var worn: [WornFile] = []

    struct WornFile {
        let path: String
        let file: SimulatedFile
    }

    /// Whether it is not healed in the end.
    var isLeftBroken = false

    /// Whether its disk was made to fail since it was last started, so that it may stop.
    var mayStop = false

    /// Whether a bit of its disk has changed, and what was lost by that is not repaired.
    var isRotten = false

    init(id: NodeID, disk: SimulatedDisk, clock: SimulatedClock) {
        self.id = id
        incarnation = Incarnation(id.number)
        self.disk = disk
        self.clock = clock
    }
}
