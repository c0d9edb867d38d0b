import Testing

@testable import Client

struct LatencyHistogramTests {
    @Test func smallLatenciesAreExact() {
        var histogram = LatencyHistogram()
        for number in 1...60 { histogram.record(UInt64(number)) }
        #expect(histogram.quantile(0.5) == 30)
        #expect(histogram.quantile(1) == 60)
        #expect(histogram.mean == 30.5)
    }

    @Test func largeLatenciesAreExactToAPartIn64() {
        for exponent in 6..<63 {
            for offset in [0, 1, 37, 62] {
                let number = UInt64(1) << UInt64(exponent) + UInt64(offset) << UInt64(exponent - 6)
                var histogram = LatencyHistogram()
                histogram.record(number)
                histogram.record(.max)
                let found = histogram.quantile(0.5)
                #expect(found >= number && found - number <= number / 64)
            }
        }
    }

    @Test func noQuantileIsAboveTheLargest() {
        var histogram = LatencyHistogram()
        histogram.record(1_000_001)
        #expect(histogram.quantile(0.999) == 1_000_001)
        #expect(histogram.max == 1_000_001)
    }

    @Test func mergedHistogramsAreThatOfAll() {
        var (all, odd, even) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for number in 0..<5_000 as Range<UInt64> {
            all.record(number * number)
            if number % 2 == 0 { even.record(number * number) } else { odd.record(number * number) }
        }
        odd.merge(even)
        #expect(odd == all)
        #expect(LatencyHistogram().quantile(0.99) == 0)
    }
}
