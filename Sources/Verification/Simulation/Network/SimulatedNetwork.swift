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
    private var random: SeededGenerator
    var conditions: Conditions

    private(set) var framesLost: UInt64 = 0
    private(set) var framesDuplicated: UInt64 = 0

    init(nodes: Int, conditions: Conditions, random: SeededGenerator) {
        self.nodes = nodes
        self.conditions = conditions
        self.random = random
        isCut = [Bool](repeating: false, count: nodes * nodes)
        lastArrival = [UInt64](repeating: 0, count: nodes * nodes)
    }

    /// When copies of a frame arrive; never, once, or more often.
    mutating func arrivals(from source: Int, to target: Int, at now: UInt64) -> [UInt64] {
        let link = source * nodes + target
        guard !isCut[link], !random.happens(permille: conditions.lossPermille) else {
            framesLost += 1
            return []
        }
        var arrival = now + random.heavyTailed(conditions.typicalDelay)
        if conditions.isOrdered { arrival = max(arrival, lastArrival[link]) }
        lastArrival[link] = arrival
        var arrivals = [arrival]
        if random.happens(permille: conditions.duplicatePermille) {
            arrivals.append(now + random.heavyTailed(conditions.typicalDelay))
        }
        if random.happens(permille: conditions.replayPermille) {
            arrivals.append(now + random.between(0...conditions.replayDelayMax))
        }
        framesDuplicated += UInt64(arrivals.count - 1)
        return arrivals
    }

    /// Whether a frame under way still arrives; cutting a link drops what is on it.
    func isOpen(from source: Int, to target: Int) -> Bool { !isCut[source * nodes + target] }

    mutating func cut(from source: Int, to target: Int) {
        isCut[source * nodes + target] = true
    }

    mutating func mend() {
        for link in isCut.indices { isCut[link] = false }
    }
}
