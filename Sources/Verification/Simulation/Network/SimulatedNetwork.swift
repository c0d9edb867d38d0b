internal import Bytes

/// The links between nodes: slow, lossy, repetitive, and cut as the faults please.
struct SimulatedNetwork {
    struct Conditions: Sendable {
        var typicalDelay: UInt64
        var lossPermille: Int
        var duplicatePermille: Int

        /// A copy that comes once more, up to `replayDelayMax` later.
        var replayPermille: Int
        var replayDelayMax: UInt64

        /// Whether frames of one link stay in order, as over one TCP connection.
        var isOrdered: Bool

        /// A frame that takes up to `tailDelayMax`; what follows it on an ordered link waits.
        var tailPermille = 0
        var tailDelayMax: UInt64 = 0

        /// What a link carries in a second; nil is "enough".
        var bytesPerSecond: UInt64?

        /// A frame of which a bit changes on the way.
        var garbledPermille = 0

        static let calm = Conditions(
            typicalDelay: 300_000,
            lossPermille: 0,
            duplicatePermille: 0,
            replayPermille: 0,
            replayDelayMax: 0,
            isOrdered: true
        )
    }

    private let nodes: Int
    private var isCut: [Bool]
    private var lastArrival: [UInt64]

    /// Until when a link is clogged: what is sent arrives later; and until when it is busy.
    private var cloggedUntil: [UInt64]
    private var busyUntil: [UInt64]
    private var random: SeededGenerator
    var conditions: Conditions

    private(set) var framesLost: UInt64 = 0
    private(set) var framesDuplicated: UInt64 = 0
    private(set) var framesDelayed: UInt64 = 0
    private(set) var framesOverflowed: UInt64 = 0
    private(set) var framesReplayedLate: UInt64 = 0

    /// What a sender keeps for a link that is busy, in nanoseconds of its work; more is dropped.
    private static let backlogMax: UInt64 = 3_000_000_000

    init(nodes: Int, conditions: Conditions, random: SeededGenerator) {
        self.nodes = nodes
        self.conditions = conditions
        self.random = random
        isCut = [Bool](repeating: false, count: nodes * nodes)
        lastArrival = [UInt64](repeating: 0, count: nodes * nodes)
        cloggedUntil = lastArrival
        busyUntil = lastArrival
    }

    /// When copies of a frame of `bytes` arrive; never, once, or more often.
    mutating func arrivals(
        from source: Int,
        to target: Int,
        bytes: Int,
        at now: UInt64
    ) -> [UInt64] {
        let link = source * nodes + target
        guard !isCut[link], !random.happens(permille: conditions.lossPermille) else {
            framesLost += 1
            return []
        }
        guard let sent = transmit(bytes, on: link, at: now) else { return [] }
        var arrival = max(sent + delay(), cloggedUntil[link])
        if conditions.isOrdered { arrival = max(arrival, lastArrival[link]) }
        lastArrival[link] = arrival
        var arrivals = [arrival]
        if random.happens(permille: conditions.duplicatePermille) {
            arrivals.append(max(sent + delay(), cloggedUntil[link]))
        }
        if random.happens(permille: conditions.replayPermille) {
            let replay = now + random.between(0...conditions.replayDelayMax)
            if replay > now + 60_000_000_000 { framesReplayedLate += 1 }
            arrivals.append(replay)
        }
        framesDuplicated += UInt64(arrivals.count - 1)
        return arrivals
    }

    /// When the last byte is on the line; nil if too much waits for that.
    private mutating func transmit(_ bytes: Int, on link: Int, at now: UInt64) -> UInt64? {
        guard let bytesPerSecond = conditions.bytesPerSecond else { return now }
        guard busyUntil[link] <= now + Self.backlogMax else {
            framesOverflowed += 1
            return nil
        }
        let work = UInt64(bytes) * 1_000_000_000 / bytesPerSecond
        busyUntil[link] = max(busyUntil[link], now) + work
        return busyUntil[link]
    }

    private mutating func delay() -> UInt64 {
        guard random.happens(permille: conditions.tailPermille) else {
            return random.heavyTailed(conditions.typicalDelay)
        }
        framesDelayed += 1
        return random.between(0...conditions.tailDelayMax)
    }

    /// The frame as it arrives.
    mutating func carry(_ frame: ByteSlice) -> (bytes: ByteSlice, isGarbled: Bool) {
        guard random.happens(permille: conditions.garbledPermille), !frame.isEmpty else {
            return (frame, false)
        }
        var bytes = frame.withUnsafeBytes { [UInt8]($0) }
        bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
        return (ByteSlice(bytes), true)
    }

    /// Frames that are sent from now on arrive no sooner, and none is lost by it.
    mutating func clog(_ node: Int, until time: UInt64) {
        for other in 0..<nodes {
            for link in [node * nodes + other, other * nodes + node] {
                cloggedUntil[link] = max(cloggedUntil[link], time)
            }
        }
    }

    /// Whether a frame under way still arrives; cutting a link drops what is on it.
    func isOpen(from source: Int, to target: Int) -> Bool { !isCut[source * nodes + target] }

    mutating func cut(from source: Int, to target: Int) {
        isCut[source * nodes + target] = true
    }

    mutating func mend() {
        for link in isCut.indices { isCut[link] = false }
    }

    /// New connections everywhere: nothing waits for what was sent before.
    mutating func reset() {
        mend()
        for link in lastArrival.indices {
            lastArrival[link] = 0
            cloggedUntil[link] = 0
            busyUntil[link] = 0
        }
    }
}
