/// How often each latency was measured, to about one part in 64, in memory that does not grow.
///
/// Counters stand in rows of 64, a row for each power of two: below 64 ns each nanosecond has its own.
public struct LatencyHistogram: Sendable, Equatable {
    private static let rowBits: UInt64 = 6
    private static let row: UInt64 = 1 << rowBits

    private var counters = [UInt64](repeating: 0, count: Int((64 - rowBits + 1) * row))
    private var sum: Double = 0

    public private(set) var count: UInt64 = 0

    /// In nanoseconds, exactly.
    public private(set) var max: UInt64 = 0

    public init() {}

    public mutating func record(_ nanoseconds: UInt64) {
        counters[Self.place(of: nanoseconds)] += 1
        count += 1
        sum += Double(nanoseconds)
        max = Swift.max(max, nanoseconds)
    }

    public mutating func merge(_ other: LatencyHistogram) {
        for place in counters.indices { counters[place] += other.counters[place] }
        count += other.count
        sum += other.sum
        max = Swift.max(max, other.max)
    }

    /// In nanoseconds; zero if nothing was recorded.
    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// The latency in nanoseconds that a part of all, from 0 to 1, does not exceed; the largest that
    /// its counter stands for, but never above `max`.
    public func quantile(_ part: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = Swift.max(1, UInt64((part * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for place in counters.indices {
            seen += counters[place]
            if seen >= wanted { return min(Self.last(of: place), max) }
        }
        return max
    }

    private static func place(of number: UInt64) -> Int {
        guard number >= row else { return Int(number) }
        let shift = UInt64(63 - number.leadingZeroBitCount) - rowBits
        return Int((shift + 1) * row + (number >> shift) - row)
    }

    private static func last(of place: Int) -> UInt64 {
        let (shift, column) = UInt64(place).quotientAndRemainder(dividingBy: row)
        guard shift > 0 else { return column }
        return (column + row) << (shift - 1) | (1 << (shift - 1) - 1)
    }
}
