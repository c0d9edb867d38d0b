/// What is how likely in one storm.
///
/// Each seed has its own: a storm with a bit of everything finds less than many that are extreme in
/// something ("swarm testing", Groce et al. 2012).
struct Weather {
    enum Event: Int, CaseIterable {
        case tick, turn, sync, deliver, propose, read, restart, takeSnapshot, heal, cutOff
        case cutOffLeader, endSnapshot, transfer, changeMembers, damage, quiesce
    }

    let lostPercent: Int
    let repeatedPercent: Int
    let latePercent: Int
    private let weights: [Int]
    private let total: Int

    init(_ random: inout TestRandom) {
        lostPercent = [0, 2, 20][random.below(3)]
        repeatedPercent = [0, 5, 40][random.below(3)]
        latePercent = [0, 5, 40][random.below(3)]
        weights = Event.allCases.map { event in
            let choices =
                switch event {
                case .tick: [40, 80, 200]
                case .turn: [200, 300]
                case .sync: [50, 200]
                case .deliver: [300, 500]
                case .propose: [20, 60]
                case .read: [0, 20]
                case .restart: [0, 3, 12]
                case .takeSnapshot: [0, 10, 30]
                case .heal: [1, 4]
                case .cutOff: [0, 1]
                case .cutOffLeader: [0, 2]
                case .endSnapshot: [0, 10]
                case .transfer: [0, 2, 10]
                case .changeMembers: [0, 2, 8]
                case .damage: [0, 2, 6]
                case .quiesce: [0, 20, 60]
                }
            return choices[random.below(choices.count)]
        }
        total = weights.reduce(0, +)
    }

    func next(_ random: inout TestRandom) -> Event {
        var ticket = random.below(total)
        for (event, weight) in zip(Event.allCases, weights) {
            if ticket < weight { return event }
            ticket -= weight
        }
        return .tick
    }
}

/// SplitMix64, so that a seed is a run.
struct TestRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
