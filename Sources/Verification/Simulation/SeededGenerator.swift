/// Chance from a seed: xoshiro256** (Blackman, Vigna 2018), filled by SplitMix64.
///
/// Each subsystem has its own, split off the run's seed by name, so that one fault class can be
/// switched off without reshuffling the others.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64, subsystem: String, number: Int = 0) {
        var filler = seed
        for byte in subsystem.utf8 { filler = (filler ^ UInt64(byte)) &* 0x100_0000_01b3 }
        filler = (filler ^ UInt64(number)) &* 0x100_0000_01b3
        state = (
            Self.fill(&filler), Self.fill(&filler), Self.fill(&filler), Self.fill(&filler) | 1
        )
    }

    private static func fill(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    private static func rotate(_ number: UInt64, _ bits: UInt64) -> UInt64 {
        number << bits | number >> (64 - bits)
    }

    /// From zero up to, not with, `end`.
    mutating func below(_ end: Int) -> Int {
        end <= 1 ? 0 : Int(truncatingIfNeeded: next() % UInt64(end))
    }

    mutating func between(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    mutating func between(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next() % (range.upperBound - range.lowerBound + 1)
    }

    mutating func happens(permille: Int) -> Bool { below(1000) < permille }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// Around `typical`, now and then many times that, without floating point.
    mutating func heavyTailed(_ typical: UInt64) -> UInt64 {
        let doublings = UInt64(next().trailingZeroBitCount)
        return typical / 2 + next() % max(typical, 1) << min(doublings, 10) / 2
    }
}
