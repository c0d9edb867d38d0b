/// How often values fell between fixed bounds; a plain value, for the one who owns it.
public struct Histogram: Sendable {
    /// What the values count, and so how Prometheus is told.
    public enum Unit: Sendable {
        case nanoseconds
        case one
    }

    let unit: Unit

    /// Upper bounds, each belonging to its bucket; above the last there is one more bucket.
    let bounds: [UInt64]
    private(set) var counts: [UInt64]
    private(set) var sum: UInt64 = 0

    /// `count` buckets, the first up to `first`, each twice as wide as the one before.
    public init(_ unit: Unit, first: UInt64, count: Int) {
        precondition(first > 0 && count > 0, "a histogram needs a first bound and a bucket")
        self.unit = unit
        bounds = (0..<count).map { first << UInt64($0) }
        counts = [UInt64](repeating: 0, count: count + 1)
    }

    /// Takes over what was counted elsewhere, in buckets of the same bounds.
    public init(_ unit: Unit, counts: [UInt64], sum: UInt64) {
        self.init(unit, first: 1, count: max(1, counts.count - 1))
        for (place, count) in counts.prefix(self.counts.count).enumerated() {
            self.counts[place] = count
        }
        self.sum = sum
    }

    public var total: UInt64 { counts.reduce(0, +) }

    public mutating func observe(_ value: UInt64) {
        var place = 0
        while place < bounds.count, value > bounds[place] { place += 1 }
        counts[place] += 1
        sum &+= value
    }
}

extension Histogram {
    /// etcd's buckets for whatever waits for the disk: 1 ms to 8.2 s.
    public static var diskTime: Histogram {
        Histogram(.nanoseconds, first: 1_000_000, count: 14)
    }

    /// etcd's buckets for the way to a peer and back: 0.1 ms to 3.3 s.
    public static var roundTripTime: Histogram {
        Histogram(.nanoseconds, first: 100_000, count: 16)
    }

    /// What holds up an event loop: 16 µs to 0.5 s.
    public static var loopTime: Histogram { Histogram(.nanoseconds, first: 16_000, count: 16) }

    /// Entries of one append: 1 to 4,096.
    static var batchSize: Histogram { Histogram(.one, first: 1, count: 13) }
}
